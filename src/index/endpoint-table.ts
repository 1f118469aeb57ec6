import type { WorkloadEndpoint, WorkloadEndpointId } from '../model/workload-endpoint.ts';
import { AddressIndex } from './address-index.ts';
import { formatDecimal, packDecimal } from './decimal-words.ts';
import {
  CREATED,
  CREATED_TEXT,
  EndpointRows,
  INLINE,
  INTERFACE,
  INTERFACE_TEXT,
  NODE,
  PREFIX,
  REVISION,
  SINCE,
  SUFFIX,
  UID,
  UID_TEXT,
} from './endpoint-rows.ts';
import type { RowHolder } from './endpoint-rows.ts';
import { finishHash, hashNumber, hashText } from './hash.ts';
import { HashIndex, NONE } from './hash-index.ts';
import { formatInterface, packInterface } from './interface-words.ts';
import type { InternTable } from './intern-table.ts';
import { TemplateTable } from './template-table.ts';
import { formatUuid, packUuid } from './uuid-words.ts';
import { packSuffix, splitWorkload, suffixText } from './workload-suffix.ts';

/** In the low word of a revision: the high word is an interned text. */
const REVISION_TEXT = 0xffffffff;
const MAX_SECONDS = 0xffffffff;

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
  readonly #keys = new HashIndex();
  readonly #seed: number;
  /** Of the key that `find` looked for last. */
  readonly #suffix = new Uint32Array(4);
  #cut = 0;
  /** Of the row that was inserted last: etcd lists the endpoints of one node one after the other. */
  #node = 0;
  #keyHash = 0;
  readonly #words = new Uint32Array(4);

  constructor(seed: number) {
    this.#seed = seed;
    this.templates = new TemplateTable(seed);
    this.#strings = this.templates.parts.strings;
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
    this.#setContent(row, endpoint, now, this.#addAddresses(row, endpoint));
    this.#setRevision(row, endpoint.resourceVersion);
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
      rows.setFlags(row, (rows.flags(row) & ~INLINE) | this.#addAddresses(row, endpoint));
    }
    if (by.different & SCALARS) {
      this.#dropContent(row);
      this.#setContent(row, endpoint, by.now, rows.flags(row) & INLINE);
    } else {
      rows.set(row, SINCE, Math.floor(by.now / 1000));
    }
    this.updateRevision(row, endpoint.resourceVersion);
  }

  /** `endpoint`, which the row was made from, with the parts that all endpoints alike share. */
  shared(row: number, endpoint: WorkloadEndpoint): WorkloadEndpoint {
    const template = this.rows.template(row);
    return {
      ...endpoint,
      labels: this.templates.labels(template),
      profiles: this.templates.profiles(template),
      ports: this.templates.ports(template),
    };
  }

  updateRevision(row: number, revision: string): void {
    this.#dropRevision(row);
    this.#setRevision(row, revision);
  }

  remove(row: number): void {
    const { rows } = this;
    this.#keys.remove(this.#hash(rows.holder(row), this.key(row)), row);
    this.addresses.removeRow(row);
    this.#dropContent(row);
    this.#dropRevision(row);
    this.#strings.release(rows.get(row, NODE));
    this.#strings.release(rows.get(row, PREFIX));
    this.templates.release(rows.template(row));
    rows.free(row);
  }

  /** What `endpoint` says otherwise than the row, but for the resource version: 0 = nothing. The keys must be equal. */
  difference(row: number, endpoint: WorkloadEndpoint): number {
    const sameScalars =
      this.#sameUid(row, endpoint.uid) &&
      this.#sameInterface(row, endpoint.interfaceName) &&
      this.#created(row) === endpoint.created;
    return (
      (this.templates.matches(this.rows.template(row), endpoint) ? 0 : TEMPLATE) |
      (this.addresses.same(row, endpoint.ipNetworks) ? 0 : ADDRESSES) |
      (sameScalars ? 0 : SCALARS)
    );
  }

  sameRevision(row: number, revision: string): boolean {
    const high = this.rows.get(row, REVISION);
    const low = this.rows.get(row, REVISION + 1);
    if (!packDecimal(revision, this.#words))
      return low === REVISION_TEXT && this.#strings.text(high) === revision;
    return high === this.#words[0] && low === this.#words[1];
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
      interfaceName: this.#interfaceName(row),
      ipNetworks: this.addresses.networks(row),
      labels: this.templates.labels(template),
      profiles: this.templates.profiles(template),
      ports: this.templates.ports(template),
      uid: this.#uid(row),
      resourceVersion: this.#revision(row),
      created: this.#created(row),
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

  /** The flag that says where they are. */
  #addAddresses(row: number, endpoint: WorkloadEndpoint): number {
    return this.addresses.addRow(row, endpoint.ipNetworks) ? INLINE : 0;
  }

  /** `inline` is the flag that `#addAddresses` gave. */
  #setContent(row: number, endpoint: WorkloadEndpoint, now: number, inline: number): void {
    const { rows } = this;
    let flags = inline;
    if (packUuid(endpoint.uid, this.#words)) {
      for (let i = 0; i < 4; i++) rows.set(row, UID + i, this.#words[i] as number);
    } else {
      rows.set(row, UID, this.#strings.acquire(endpoint.uid));
      flags |= UID_TEXT;
    }
    if (packInterface(endpoint.interfaceName, this.#words)) {
      for (let i = 0; i < 2; i++) rows.set(row, INTERFACE + i, this.#words[i] as number);
    } else {
      rows.set(row, INTERFACE, this.#strings.acquire(endpoint.interfaceName));
      flags |= INTERFACE_TEXT;
    }
    const seconds = endpoint.created / 1000;
    if (seconds >= 0 && seconds <= MAX_SECONDS && Math.floor(seconds) === seconds) {
      rows.set(row, CREATED, seconds);
    } else {
      rows.set(row, CREATED, this.#strings.acquire(String(endpoint.created)));
      flags |= CREATED_TEXT;
    }
    rows.set(row, SINCE, Math.floor(now / 1000));
    rows.setContentFlags(row, flags);
  }

  #dropContent(row: number): void {
    const flags = this.rows.flags(row);
    if (flags & UID_TEXT) this.#strings.release(this.rows.get(row, UID));
    if (flags & CREATED_TEXT) this.#strings.release(this.rows.get(row, CREATED));
    if (flags & INTERFACE_TEXT) this.#strings.release(this.rows.get(row, INTERFACE));
  }

  #setRevision(row: number, revision: string): void {
    const decimal = packDecimal(revision, this.#words);
    this.rows.set(row, REVISION, decimal ? (this.#words[0] as number) : this.#strings.acquire(revision));
    this.rows.set(row, REVISION + 1, decimal ? (this.#words[1] as number) : REVISION_TEXT);
  }

  #dropRevision(row: number): void {
    if (this.rows.get(row, REVISION + 1) === REVISION_TEXT)
      this.#strings.release(this.rows.get(row, REVISION));
  }

  #workload(row: number): string {
    let name = this.#strings.text(this.rows.get(row, PREFIX));
    for (let i = 0; i < 4; i++) name += suffixText(this.rows.get(row, SUFFIX + i));
    return name;
  }

  #sameUid(row: number, uid: string): boolean {
    const { rows } = this;
    const isText = (rows.flags(row) & UID_TEXT) !== 0;
    if (!packUuid(uid, this.#words)) return isText && this.#strings.text(rows.get(row, UID)) === uid;
    if (isText) return false;
    for (let i = 0; i < 4; i++) if (rows.get(row, UID + i) !== this.#words[i]) return false;
    return true;
  }

  #sameInterface(row: number, name: string): boolean {
    const { rows } = this;
    const first = rows.get(row, INTERFACE);
    if (rows.flags(row) & INTERFACE_TEXT) return this.#strings.text(first) === name;
    return (
      packInterface(name, this.#words) &&
      first === this.#words[0] &&
      rows.get(row, INTERFACE + 1) === this.#words[1]
    );
  }

  #interfaceName(row: number): string {
    const { rows } = this;
    const first = rows.get(row, INTERFACE);
    if (rows.flags(row) & INTERFACE_TEXT) return this.#strings.text(first);
    return formatInterface(first, rows.get(row, INTERFACE + 1));
  }

  #uid(row: number): string {
    const { rows } = this;
    const first = rows.get(row, UID);
    if (rows.flags(row) & UID_TEXT) return this.#strings.text(first);
    return formatUuid(first, rows.get(row, UID + 1), rows.get(row, UID + 2), rows.get(row, UID + 3));
  }

  #revision(row: number): string {
    const high = this.rows.get(row, REVISION);
    const low = this.rows.get(row, REVISION + 1);
    return low === REVISION_TEXT ? this.#strings.text(high) : formatDecimal(high, low);
  }

  #created(row: number): number {
    const stored = this.rows.get(row, CREATED);
    return this.rows.flags(row) & CREATED_TEXT ? Number(this.#strings.text(stored)) : stored * 1000;
  }
}
