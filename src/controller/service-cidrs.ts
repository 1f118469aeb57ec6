import type { LocalChange, LocalCollection, LocalObserver } from '../contract/local-api.ts';
import { canonicalCidr } from '../model/address.ts';
import { type JsonObject, objectField, stringField, stringsField } from '../model/json-field.ts';

export const SERVICE_CIDRS: LocalCollection = {
  path: '/apis/networking.k8s.io/v1/servicecidrs',
  what: 'ServiceCIDRs',
};

/** The local cluster's service ranges, from its ServiceCIDR objects (KEP-1880; Kubernetes 1.33 has them by default). */
export class ServiceCidrs implements LocalObserver {
  readonly #byName = new Map<string, readonly string[]>();
  readonly #onChange: () => void;
  readonly #onUnknown: (message: string) => void;
  #known = false;
  #told = false;

  /** `onUnknown` is called once, when they turn out not to be readable before they ever were. */
  constructor(onChange: () => void, onUnknown: (message: string) => void) {
    this.#onChange = onChange;
    this.#onUnknown = onUnknown;
  }

  /** undefined = not known: nothing can be checked. */
  current(): readonly string[] | undefined {
    if (!this.#known) return undefined;
    return [...this.#byName.values()].flat().sort();
  }

  listed(objects: readonly JsonObject[]): void {
    this.#known = true;
    this.#byName.clear();
    for (const object of objects) this.#put(object);
    this.#onChange();
  }

  changed(changes: readonly LocalChange[]): void {
    for (const change of changes) {
      if (change.op === 'put') this.#put(change.object);
      else this.#byName.delete(change.name);
    }
    if (changes.length > 0) this.#onChange();
  }

  failed(message: string): void {
    if (this.#known || this.#told) return;
    this.#told = true;
    this.#onUnknown(message);
  }

  #put(object: JsonObject): void {
    try {
      const name = stringField(objectField(object, 'metadata', '') ?? {}, 'name', 'metadata');
      const texts = stringsField(objectField(object, 'spec', '') ?? {}, 'cidrs', 'spec');
      this.#byName.set(name, texts.map(canonicalCidr));
    } catch {
      // The API server lets nothing else in; a kind of object that is not known yet gives no range.
    }
  }
}
