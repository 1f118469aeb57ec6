import type { WorkloadEndpoint, WorkloadEndpointId } from '../model/workload-endpoint.ts';
import { AddressIndex } from './address-index.ts';
import { EndpointRows, INLINE, NODE, PREFIX, SINCE, SUFFIX } from './endpoint-rows.ts';
import type { RowHolder } from './endpoint-rows.ts';
import { finishHash, hashNumber, hashText } from './hash.ts';
import { HashIndex, NONE } from './hash-index.ts';
import type { InternTable } from './intern-table.ts';
import { RowScalars } from './row-scalars.ts';
import { TemplateTable } from './template-table.ts';
import { packSuffix, splitWorkload, suffixText } from './workload-suffix.ts';

/** Bits of a difference. */
const TEMPLATE = 1;
const ADDRESSES = 2;
/** uid, interface, time of creation. */
const SCALARS = 4;

/** The WorkloadEndpoints of all clusters as rows of columns, found by key and by address. No object per endpoint. */
export class EndpointTable {
  readonly rows = new EndpointRows();
  readonly templates: TemplateTable;
  readonly addresses: AddressIndex;
  readonly #strings: InternTable;
  readonly #scalars: RowScalars;
  readonly #keys = new HashIndex();
  readonly #seed: number;
  /** Of the key that `find` looked for last. */
  readonly #suffix = new Uint32Array(4);
  #cut = 0;
  /** Of the row that was inserted last: etcd lists the endpoints of one node one after the other. */
  #node = 0;
  #keyHash = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.templates = new TemplateTable(seed);
    this.#strings = this.templates.parts.strings;
    this.#scalars = new RowScalars(this.rows, this.#strings);
    this.addresses = new AddressIndex(this.rows, this.#strings, seed);
  }

  get bytes(): number {
    return this.rows.bytes + this.templates.bytes + this.addresses.bytes + this.#keys.bytes;
  }

  /** The row of a key, or NONE. */
  find(holder: RowHolder, key: WorkloadEndpointId): number {
    const cut = splitWorkload(key.workload);
    const hash = this.#hash(holder, key);
    packSuffix(key.workload, cut, this.#suffix);
    this.#cut = cut;
    this.#keyHash = hash;
    for (let row = this.#keys.first(hash); row !== NONE; row = this.#keys.next()) {
      if (this.#isAt(row, holder, key, cut)) return row;
    }
    return NONE;
  }

  /** A row for the key that `find` just said has none. `now` in milliseconds. */
  insert(holder: RowHolder, endpoint: WorkloadEndpoint, now: number): number {
    const { rows } = this;
    // First what could throw, so that no half-made row is left.
    const template = this.templates.acquire(endpoint);
    const row = rows.allocate(holder);
    rows.setTemplate(row, template);
    this.#node = this.#strings.acquireGuessed(endpoint.node, this.#node);
    rows.set(row, NODE, this.#node);
    rows.set(row, PREFIX, this.templates.acquirePrefix(template, endpoint.workload, this.#cut));
    for (let i = 0; i < 4; i++) rows.set(row, SUFFIX + i, this.#suffix[i] as number);
    this.#keys.add(this.#keyHash, row);
    this.#addAddresses(row, endpoint);
    this.#scalars.set(row, endpoint);
    this.#scalars.setRevision(row, endpoint.resourceVersion);
    rows.set(row, SINCE, Math.floor(now / 1000));
    return row;
  }

  /** Same key; `different` is what `difference` said. Nearly every update leaves most: to write it again was a third of it. */
  update(
    row: number,
    endpoint: WorkloadEndpoint,
    by: { readonly now: number; readonly different: number },
  ): void {
    const { rows } = this;
    if (by.different & TEMPLATE) {
      const template = rows.template(row);
      rows.setTemplate(row, this.templates.acquire(endpoint));
      this.templates.release(template);
    }
    if (by.different & ADDRESSES) {
      this.addresses.removeRow(row);
      this.#addAddresses(row, endpoint);
    }
    if (by.different & SCALARS) {
      this.#scalars.drop(row);
      this.#scalars.set(row, endpoint);
    }
    rows.set(row, SINCE, Math.floor(by.now / 1000));
    this.updateRevision(row, endpoint.resourceVersion);
  }

  /** `endpoint`, which the row was made from, with the parts that all endpoints alike share. */
  shared(row: number, endpoint: WorkloadEndpoint): WorkloadEndpoint {
    const template = this.rows.template(row);
    // Field by field: a spread takes four times as long.
    return {
      kind: 'WorkloadEndpoint',
      namespace: endpoint.namespace,
      node: endpoint.node,
      orchestrator: endpoint.orchestrator,
      workload: endpoint.workload,
      endpoint: endpoint.endpoint,
      serviceAccount: endpoint.serviceAccount,
      interfaceName: endpoint.interfaceName,
      ipNetworks: endpoint.ipNetworks,
      labels: this.templates.labels(template),
      profiles: this.templates.profiles(template),
      ports: this.templates.ports(template),
      uid: endpoint.uid,
      resourceVersion: endpoint.resourceVersion,
      created: endpoint.created,
    };
  }

  updateRevision(row: number, revision: string): void {
    this.#scalars.dropRevision(row);
    this.#scalars.setRevision(row, revision);
  }

  remove(row: number): void {
    const { rows } = this;
    this.#keys.remove(this.#hash(rows.holder(row), this.key(row)), row);
    this.addresses.removeRow(row);
    this.#scalars.drop(row);
    this.#scalars.dropRevision(row);
    this.#strings.release(rows.get(row, NODE));
    this.#strings.release(rows.get(row, PREFIX));
    this.templates.release(rows.template(row));
    rows.free(row);
  }

  /** What `endpoint` says otherwise than the row, but for the resource version: 0 = nothing. The keys must be equal. */
  difference(row: number, endpoint: WorkloadEndpoint): number {
    return (
      (this.templates.matches(this.rows.template(row), endpoint) ? 0 : TEMPLATE) |
      (this.addresses.same(row, endpoint.ipNetworks) ? 0 : ADDRESSES) |
      (this.#scalars.same(row, endpoint) ? 0 : SCALARS)
    );
  }

  sameRevision(row: number, revision: string): boolean {
    return this.#scalars.sameRevision(row, revision);
  }

  key(row: number): WorkloadEndpointId {
    const template = this.rows.template(row);
    return {
      namespace: this.templates.namespace(template),
      node: this.#strings.text(this.rows.get(row, NODE)),
      orchestrator: this.templates.orchestrator(template),
      workload: this.#workload(row),
      endpoint: this.templates.endpoint(template),
    };
  }

  read(row: number): WorkloadEndpoint {
    const template = this.rows.template(row);
    return {
      kind: 'WorkloadEndpoint',
      namespace: this.templates.namespace(template),
      node: this.#strings.text(this.rows.get(row, NODE)),
      orchestrator: this.templates.orchestrator(template),
      workload: this.#workload(row),
      endpoint: this.templates.endpoint(template),
      serviceAccount: this.templates.serviceAccount(template),
      interfaceName: this.#scalars.interfaceName(row),
      ipNetworks: this.addresses.networks(row),
      labels: this.templates.labels(template),
      profiles: this.templates.profiles(template),
      ports: this.templates.ports(template),
      uid: this.#scalars.uid(row),
      resourceVersion: this.#scalars.revision(row),
      created: this.#scalars.created(row),
    };
  }

  /** Milliseconds, to the second. */
  since(row: number): number {
    return this.rows.get(row, SINCE) * 1000;
  }

  #hash(holder: RowHolder, key: WorkloadEndpointId): number {
    const hash = hashText(hashText(hashNumber(this.#seed, holder.id), key.namespace), key.node);
    return finishHash(hashText(hashText(hash, key.workload), key.endpoint));
  }

  #isAt(row: number, holder: RowHolder, key: WorkloadEndpointId, cut: number): boolean {
    const { rows } = this;
    for (let i = 0; i < 4; i++) if (rows.get(row, SUFFIX + i) !== this.#suffix[i]) return false;
    const prefix = this.#strings.text(rows.get(row, PREFIX));
    return (
      rows.holder(row) === holder &&
      prefix.length === cut &&
      key.workload.startsWith(prefix) &&
      this.#strings.text(rows.get(row, NODE)) === key.node &&
      this.templates.matchesId(rows.template(row), key)
    );
  }

  #addAddresses(row: number, { ipNetworks }: WorkloadEndpoint): void {
    const { rows } = this;
    const inline = this.addresses.addRow(row, ipNetworks) ? INLINE : 0;
    rows.setFlags(row, (rows.flags(row) & ~INLINE) | inline);
  }

  #workload(row: number): string {
    let name = this.#strings.text(this.rows.get(row, PREFIX));
    for (let i = 0; i < 4; i++) name += suffixText(this.rows.get(row, SUFFIX + i));
    return name;
  }
}
