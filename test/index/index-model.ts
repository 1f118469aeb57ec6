import type { Found } from '../../src/contract/lister.ts';
import type { Delta } from '../../src/model/delta.ts';
import { KIND_OF } from '../../src/model/kind.ts';
import type { Kind, Resource } from '../../src/model/kind.ts';
import { LabelSet } from '../../src/model/label-set.ts';
import type { Entry, EntryKey } from '../../src/model/objects.ts';
import type { Selector } from '../../src/model/selector.ts';

interface ModelObject extends Found {
  readonly owner: Resource;
}

/** A list under way: what it has not named yet. */
interface ModelList {
  readonly unnamed: Set<string>;
  readonly unnamedSkips: Set<string>;
  readonly unnamedExclusions: Set<string>;
  refused: number;
}

export function keyText(kind: Kind, key: EntryKey): string {
  const parts = 'name' in key ? [key.name] : [key.node, key.orchestrator, key.workload, key.endpoint];
  return [kind, key.namespace, ...parts].join('|');
}

/** The commits of all clusters: what an index gives its listeners, by object. */
export class ModelLog {
  readonly changes = new Map<string, string[]>();
  #revision = 0;
  #recorded = 0;
  #commits = 0;

  get revision(): number {
    return this.#revision;
  }

  /** Of the next change. */
  get next(): number {
    return this.#revision + this.#recorded + 1;
  }

  record(op: 'put' | 'delete', cluster: string, entry: Entry, last: Entry | undefined): void {
    this.#recorded++;
    const key = `${cluster} ${keyText(entry.kind, entry)}`;
    const changes = this.changes.get(key) ?? [];
    this.changes.set(key, [...changes, changeText(op, this.#commits + 1, last)]);
  }

  commit(): void {
    if (this.#recorded > 0) this.#commits++;
    this.#revision += this.#recorded;
    this.#recorded = 0;
  }

  bump(): void {
    this.#revision++;
  }
}

export function changeText(op: 'put' | 'delete', commit: number, last: Entry | undefined): string {
  return `${op} in ${commit} after ${last === undefined ? 'nothing' : `${content(last)} ${last.resourceVersion}`}`;
}

/** One cluster as plain maps: the rules of the stale-mark store, said as simply as possible. */
export class ClusterModel {
  readonly objects = new Map<string, ModelObject>();
  readonly skips = new Map<string, Resource>();
  readonly exclusions = new Map<string, { readonly addresses: readonly string[] }>();
  readonly lists = new Map<string, ModelList>();
  readonly provides = new Set<Resource>();
  readonly limit: number;
  readonly refusing = new Set<Resource>();
  readonly #name: string;
  readonly #log: ModelLog;

  constructor(name: string, limit: number, log: ModelLog) {
    this.#name = name;
    this.limit = limit;
    this.#log = log;
  }

  begin(resource: Resource, reader: number): void {
    const owned = [...this.objects].filter(([, each]) => each.owner === resource);
    const skips = [...this.skips].filter(([, each]) => each === resource);
    this.lists.set(`${resource}/${reader}`, {
      unnamed: new Set(owned.map(([key]) => key)),
      unnamedSkips: new Set(skips.map(([key]) => key)),
      unnamedExclusions: new Set(resource === 'workloadendpoints' ? this.exclusions.keys() : []),
      refused: 0,
    });
  }

  apply(resource: Resource, reader: number, deltas: readonly Delta[], now: number): void {
    const list = this.lists.get(`${resource}/${reader}`);
    for (const delta of deltas) this.#apply(resource, list, delta, now);
  }

  end(resource: Resource, reader: number): void {
    const list = this.lists.get(`${resource}/${reader}`);
    this.lists.delete(`${resource}/${reader}`);
    if (list === undefined) return;
    for (const key of list.unnamed) if (this.objects.get(key)?.owner === resource) this.#remove(key);
    for (const key of list.unnamedSkips) this.skips.delete(key);
    for (const key of list.unnamedExclusions) this.exclusions.delete(key);
    if (list.refused > 0) return;
    this.refusing.delete(resource);
    this.#settle();
  }

  cancel(resource: Resource, reader: number): void {
    this.lists.delete(`${resource}/${reader}`);
  }

  retain(resources: readonly Resource[]): void {
    for (const [key, each] of this.objects) if (!resources.includes(each.owner)) this.#remove(key);
    for (const [key, each] of this.skips) if (!resources.includes(each)) this.skips.delete(key);
    for (const key of this.lists.keys()) {
      if (!resources.some((resource) => key.startsWith(`${resource}/`))) this.lists.delete(key);
    }
    for (const resource of this.provides) if (!resources.includes(resource)) this.provides.delete(resource);
    if (!resources.includes('workloadendpoints')) this.exclusions.clear();
    for (const resource of this.refusing) if (!resources.includes(resource)) this.refusing.delete(resource);
    this.#settle();
  }

  drop(): void {
    for (const key of this.objects.keys()) this.#remove(key);
  }

  of(kind: Kind): ModelObject[] {
    return [...this.objects.values()].filter((each) => each.entry.kind === kind);
  }

  effectiveLabels(entry: Entry): LabelSet {
    if (entry.kind !== 'WorkloadEndpoint' && entry.kind !== 'HostEndpoint') return LabelSet.empty;
    return LabelSet.fromRecord({ ...this.inherited(entry).toRecord(), ...entry.labels.toRecord() });
  }

  inherited(entry: { readonly labels: LabelSet; readonly profiles: readonly string[] }): LabelSet {
    const labels: Record<string, string> = {};
    for (const name of [...entry.profiles].reverse()) {
      const profile = this.objects.get(keyText('Profile', { namespace: '', name }))?.entry;
      if (profile?.kind === 'Profile') Object.assign(labels, profile.labelsToApply.toRecord());
    }
    for (const key of entry.labels.keys) delete labels[key];
    return LabelSet.fromRecord(labels);
  }

  matches(selector: Selector, entry: Entry): boolean {
    return selector.evaluate(this.effectiveLabels(entry));
  }

  /** Every way out of a list's unnamed set that is no list's end: the object went and may come again. */
  #remove(key: string): void {
    const last = this.objects.get(key)?.entry;
    if (last !== undefined) this.#log.record('delete', this.#name, last, last);
    this.objects.delete(key);
    for (const list of this.lists.values()) list.unnamed.delete(key);
  }

  #settle(): void {
    if (this.objects.size < this.limit) this.refusing.clear();
  }

  #apply(resource: Resource, list: ModelList | undefined, delta: Delta, now: number): void {
    const kind = KIND_OF[resource];
    switch (delta.op) {
      case 'put':
        this.#unskip(resource, delta.entry);
        if (delta.entry.kind === 'WorkloadEndpoint') {
          this.#unexclude(`${delta.entry.namespace}/${delta.entry.workload}`);
        }
        this.#put(resource, { key: keyText(kind, delta.entry), list }, delta.entry, now);
        break;
      case 'delete':
        this.#delete(resource, delta.key);
        if (delta.excluded !== undefined) this.#unexclude(delta.excluded);
        break;
      case 'exclude':
        this.#delete(resource, delta.id);
        if (kind !== 'WorkloadEndpoint') break;
        this.exclusions.set(delta.exclusion.key, delta.exclusion);
        list?.unnamedExclusions.delete(delta.exclusion.key);
        break;
      case 'skip': {
        if (delta.id !== undefined) list?.unnamed.delete(keyText(kind, delta.id));
        const key = `${resource} ${delta.id === undefined ? delta.where : keyText(kind, delta.id)}`;
        this.skips.set(key, resource);
        list?.unnamedSkips.delete(key);
        break;
      }
    }
  }

  #delete(resource: Resource, id: EntryKey): void {
    const key = keyText(KIND_OF[resource], id);
    if (this.objects.get(key)?.owner === resource) this.#remove(key);
    this.#unskip(resource, id);
    this.#settle();
  }

  /** Gone from here, it is gone from what lists have not named: it may come again while they go on. */
  #unexclude(key: string): void {
    this.exclusions.delete(key);
    for (const list of this.lists.values()) list.unnamedExclusions.delete(key);
  }

  #unskip(resource: Resource, id: EntryKey): void {
    const key = `${resource} ${keyText(KIND_OF[resource], id)}`;
    this.skips.delete(key);
    for (const list of this.lists.values()) list.unnamedSkips.delete(key);
  }

  #put(
    owner: Resource,
    where: { readonly key: string; readonly list: ModelList | undefined },
    entry: Entry,
    now: number,
  ): void {
    const { key, list } = where;
    if (key === 'Profile||projectcalico-default-allow') return;
    const known = this.objects.get(key);
    if (known === undefined && this.objects.size >= this.limit) {
      this.refusing.add(owner);
      if (list) list.refused++;
      return;
    }
    if (known?.owner === owner) list?.unnamed.delete(key);
    else for (const each of this.lists.values()) each.unnamed.delete(key);
    const isSame = known !== undefined && content(known.entry) === content(entry);
    const { since, revision } = isSame ? known : { since: now, revision: this.#log.next };
    if (!isSame) this.#log.record('put', this.#name, entry, known?.entry);
    this.objects.set(key, { cluster: this.#name, entry, owner, since, revision });
  }
}

/** Everything but the resource version, as text. */
export function content(entry: Entry): string {
  return JSON.stringify(entry, (key: string, value: unknown) =>
    key === 'resourceVersion' ? undefined : value,
  );
}
