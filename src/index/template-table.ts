import type { LabelSet } from '../model/label-set.ts';
import type { EndpointPort, WorkloadEndpoint, WorkloadEndpointId } from '../model/workload-endpoint.ts';
import { endpointParts } from './endpoint-parts.ts';
import type { EndpointParts } from './endpoint-parts.ts';
import { finishHash, hashNumber } from './hash.ts';
import { HashIndex, NONE } from './hash-index.ts';
import { WordTable } from './word-table.ts';

const NAMESPACE = 0;
const ORCHESTRATOR = 1;
const ENDPOINT = 2;
const ACCOUNT = 3;
const LABELS = 4;
const PROFILES = 5;
const PORTS = 6;
/** How many words name a part; they are what makes two templates equal. */
const PARTS = 7;
const REFERENCES = 7;
/** The prefix that the last row of the template had: pods of one owner share it. An interned text, not counted. */
const HINT = 8;
const STRIDE = 9;
/** How many label sets are remembered before the older half of them is forgotten. */
const RECENT = 8192;

/** Told when an id comes to mean another template. */
export interface TemplateWatcher {
  forget(template: number): void;
}

/**
 * What many WorkloadEndpoints have in common (the pods of one Deployment, say), as a small number; counted: a template
 * lives as long as rows use it. Id 0 is none.
 */
export class TemplateTable {
  readonly parts: EndpointParts;
  readonly #records = new WordTable(STRIDE);
  readonly #index = new HashIndex();
  readonly #watchers = new Set<TemplateWatcher>();
  readonly #scratch = new Uint32Array(PARTS);
  /** By instance of a label set, which readers share: saves interning the parts again. May name freed templates. */
  #recent = new Map<LabelSet, number>();
  /** The generation before: what is still in use there is not lost when the younger one is full. */
  #older = new Map<LabelSet, number>();

  constructor(seed: number) {
    this.parts = endpointParts(seed);
  }

  get size(): number {
    return this.#records.size;
  }

  /** All ids are below this. */
  get limit(): number {
    return this.#records.limit;
  }

  get bytes(): number {
    return this.#records.bytes + this.#index.bytes;
  }

  /** The template of `endpoint`, with one more reference. */
  acquire(endpoint: WorkloadEndpoint): number {
    const recent = this.#recall(endpoint.labels);
    if (recent !== undefined && this.#records.get(recent, REFERENCES) > 0 && this.matches(recent, endpoint)) {
      this.#count(recent, 1);
      return recent;
    }
    this.#acquireParts(endpoint);
    const hash = this.#hash();
    let id = this.#find(hash);
    if (id === NONE) {
      id = this.#create(hash);
    } else {
      this.#releaseParts();
      this.#count(id, 1);
    }
    this.#remember(endpoint.labels, id);
    return id;
  }

  release(id: number): void {
    if (this.#count(id, -1) > 0) return;
    for (let i = 0; i < PARTS; i++) this.#scratch[i] = this.#records.get(id, i);
    this.#index.remove(this.#hash(), id);
    this.#releaseParts();
    this.#records.free(id);
  }

  matches(id: number, endpoint: WorkloadEndpoint): boolean {
    const { strings, labels, profiles, ports } = this.parts;
    return (
      this.namespace(id) === endpoint.namespace &&
      labels.matches(this.labelsId(id), endpoint.labels) &&
      strings.text(this.#records.get(id, ACCOUNT)) === endpoint.serviceAccount &&
      this.orchestrator(id) === endpoint.orchestrator &&
      this.endpoint(id) === endpoint.endpoint &&
      profiles.matches(this.profilesId(id), endpoint.profiles) &&
      ports.matches(this.#records.get(id, PORTS), endpoint.ports)
    );
  }

  /** Whether the parts of a key that a template holds are these. */
  matchesId(id: number, key: WorkloadEndpointId): boolean {
    return (
      this.namespace(id) === key.namespace &&
      this.endpoint(id) === key.endpoint &&
      this.orchestrator(id) === key.orchestrator
    );
  }

  /** The interned prefix of `workload`, its first `length` characters, with one more reference. */
  acquirePrefix(id: number, workload: string, length: number): number {
    // Must not meet the hint: a text that was freed meanwhile reads as ''.
    if (length === 0) return 0;
    const { strings } = this.parts;
    const hint = this.#records.get(id, HINT);
    const text = strings.text(hint);
    if (text.length === length && workload.startsWith(text)) {
      strings.retain(hint);
      return hint;
    }
    const prefix = strings.acquire(workload.slice(0, length));
    this.#records.set(id, HINT, prefix);
    return prefix;
  }

  namespace(id: number): string {
    return this.parts.strings.text(this.#records.get(id, NAMESPACE));
  }

  orchestrator(id: number): string {
    return this.parts.strings.text(this.#records.get(id, ORCHESTRATOR));
  }

  endpoint(id: number): string {
    return this.parts.strings.text(this.#records.get(id, ENDPOINT));
  }

  serviceAccount(id: number): string {
    return this.parts.strings.text(this.#records.get(id, ACCOUNT));
  }

  labelsId(id: number): number {
    return this.#records.get(id, LABELS);
  }

  labels(id: number): LabelSet {
    return this.parts.labels.set(this.labelsId(id));
  }

  profilesId(id: number): number {
    return this.#records.get(id, PROFILES);
  }

  profiles(id: number): readonly string[] {
    return this.parts.profiles.value(this.profilesId(id));
  }

  ports(id: number): readonly EndpointPort[] {
    return this.parts.ports.value(this.#records.get(id, PORTS));
  }

  /** Calls `watcher` for each id that is given out, until the returned function is called. */
  watch(watcher: TemplateWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #recall(labels: LabelSet): number | undefined {
    const id = this.#recent.get(labels);
    if (id !== undefined) return id;
    const older = this.#older.get(labels);
    if (older !== undefined) this.#remember(labels, older);
    return older;
  }

  #remember(labels: LabelSet, id: number): void {
    if (this.#recent.size >= RECENT) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(labels, id);
  }

  #acquireParts(endpoint: WorkloadEndpoint): void {
    const { strings, labels, profiles, ports } = this.parts;
    const out = this.#scratch;
    out[NAMESPACE] = strings.acquire(endpoint.namespace);
    out[ORCHESTRATOR] = strings.acquire(endpoint.orchestrator);
    out[ENDPOINT] = strings.acquire(endpoint.endpoint);
    out[ACCOUNT] = strings.acquire(endpoint.serviceAccount);
    out[LABELS] = labels.acquire(endpoint.labels);
    out[PROFILES] = profiles.acquire(endpoint.profiles);
    out[PORTS] = ports.acquire(endpoint.ports);
  }

  #releaseParts(): void {
    const { strings, labels, profiles, ports } = this.parts;
    const from = this.#scratch;
    for (let i = NAMESPACE; i <= ACCOUNT; i++) strings.release(from[i] as number);
    labels.release(from[LABELS] as number);
    profiles.release(from[PROFILES] as number);
    ports.release(from[PORTS] as number);
  }

  #hash(): number {
    let hash = 0;
    for (let i = 0; i < PARTS; i++) hash = hashNumber(hash, this.#scratch[i] as number);
    return finishHash(hash);
  }

  #find(hash: number): number {
    for (let id = this.#index.first(hash); id !== NONE; id = this.#index.next()) {
      let same = true;
      for (let i = 0; i < PARTS && same; i++) same = this.#records.get(id, i) === this.#scratch[i];
      if (same) return id;
    }
    return NONE;
  }

  #create(hash: number): number {
    const id = this.#records.allocate();
    for (let i = 0; i < PARTS; i++) this.#records.set(id, i, this.#scratch[i] as number);
    this.#records.set(id, REFERENCES, 1);
    this.#records.set(id, HINT, 0);
    this.#index.add(hash, id);
    for (const watcher of this.#watchers) watcher.forget(id);
    return id;
  }

  #count(id: number, by: number): number {
    const references = this.#records.get(id, REFERENCES) + by;
    this.#records.set(id, REFERENCES, references);
    return references;
  }
}
