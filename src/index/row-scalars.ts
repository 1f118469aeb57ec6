import type { WorkloadEndpoint } from '../model/workload-endpoint.ts';
import { formatDecimal, packDecimal } from './decimal-words.ts';
import {
  CREATED,
  CREATED_TEXT,
  INTERFACE,
  INTERFACE_TEXT,
  REVISION,
  UID,
  UID_TEXT,
} from './endpoint-rows.ts';
import type { EndpointRows } from './endpoint-rows.ts';
import { formatInterface, packInterface } from './interface-words.ts';
import type { InternTable } from './intern-table.ts';
import { formatUuid, packUuid } from './uuid-words.ts';

/** In the low word of a resource version: the high word is an interned text. */
const REVISION_TEXT = 0xffffffff;
const MAX_SECONDS = 0xffffffff;
const TEXTS = UID_TEXT | CREATED_TEXT | INTERFACE_TEXT;

/** What no other endpoint has alike: uid, interface, time of creation, resource version. As words where they look as usual. */
export class RowScalars {
  readonly #rows: EndpointRows;
  readonly #strings: InternTable;
  readonly #words = new Uint32Array(4);

  constructor(rows: EndpointRows, strings: InternTable) {
    this.#rows = rows;
    this.#strings = strings;
  }

  /** All but the resource version, over nothing, or over what `drop` dropped. */
  set(row: number, { uid, interfaceName, created }: WorkloadEndpoint): void {
    const rows = this.#rows;
    let texts = 0;
    if (packUuid(uid, this.#words)) {
      for (let i = 0; i < 4; i++) rows.set(row, UID + i, this.#words[i] as number);
    } else {
      rows.set(row, UID, this.#strings.acquire(uid));
      texts |= UID_TEXT;
    }
    if (packInterface(interfaceName, this.#words)) {
      for (let i = 0; i < 2; i++) rows.set(row, INTERFACE + i, this.#words[i] as number);
    } else {
      rows.set(row, INTERFACE, this.#strings.acquire(interfaceName));
      texts |= INTERFACE_TEXT;
    }
    const seconds = created / 1000;
    if (seconds >= 0 && seconds <= MAX_SECONDS && Math.floor(seconds) === seconds) {
      rows.set(row, CREATED, seconds);
    } else {
      rows.set(row, CREATED, this.#strings.acquire(String(created)));
      texts |= CREATED_TEXT;
    }
    rows.setFlags(row, (rows.flags(row) & ~TEXTS) | texts);
  }

  drop(row: number): void {
    const flags = this.#rows.flags(row);
    if (flags & UID_TEXT) this.#strings.release(this.#rows.get(row, UID));
    if (flags & CREATED_TEXT) this.#strings.release(this.#rows.get(row, CREATED));
    if (flags & INTERFACE_TEXT) this.#strings.release(this.#rows.get(row, INTERFACE));
  }

  /** Whether the row says what `endpoint` says, but for the resource version. */
  same(row: number, { uid, interfaceName, created }: WorkloadEndpoint): boolean {
    return (
      this.#sameUid(row, uid) && this.#sameInterface(row, interfaceName) && this.created(row) === created
    );
  }

  uid(row: number): string {
    const rows = this.#rows;
    const first = rows.get(row, UID);
    if (rows.flags(row) & UID_TEXT) return this.#strings.text(first);
    return formatUuid(first, rows.get(row, UID + 1), rows.get(row, UID + 2), rows.get(row, UID + 3));
  }

  interfaceName(row: number): string {
    const rows = this.#rows;
    const first = rows.get(row, INTERFACE);
    if (rows.flags(row) & INTERFACE_TEXT) return this.#strings.text(first);
    return formatInterface(first, rows.get(row, INTERFACE + 1));
  }

  created(row: number): number {
    const stored = this.#rows.get(row, CREATED);
    return this.#rows.flags(row) & CREATED_TEXT ? Number(this.#strings.text(stored)) : stored * 1000;
  }

  setRevision(row: number, revision: string): void {
    const decimal = packDecimal(revision, this.#words);
    this.#rows.set(row, REVISION, decimal ? (this.#words[0] as number) : this.#strings.acquire(revision));
    this.#rows.set(row, REVISION + 1, decimal ? (this.#words[1] as number) : REVISION_TEXT);
  }

  dropRevision(row: number): void {
    const rows = this.#rows;
    if (rows.get(row, REVISION + 1) === REVISION_TEXT) this.#strings.release(rows.get(row, REVISION));
  }

  sameRevision(row: number, revision: string): boolean {
    const high = this.#rows.get(row, REVISION);
    const low = this.#rows.get(row, REVISION + 1);
    if (!packDecimal(revision, this.#words))
      return low === REVISION_TEXT && this.#strings.text(high) === revision;
    return high === this.#words[0] && low === this.#words[1];
  }

  revision(row: number): string {
    const high = this.#rows.get(row, REVISION);
    const low = this.#rows.get(row, REVISION + 1);
    return low === REVISION_TEXT ? this.#strings.text(high) : formatDecimal(high, low);
  }

  #sameUid(row: number, uid: string): boolean {
    const rows = this.#rows;
    const isText = (rows.flags(row) & UID_TEXT) !== 0;
    if (!packUuid(uid, this.#words)) return isText && this.#strings.text(rows.get(row, UID)) === uid;
    if (isText) return false;
    for (let i = 0; i < 4; i++) if (rows.get(row, UID + i) !== this.#words[i]) return false;
    return true;
  }

  #sameInterface(row: number, name: string): boolean {
    const rows = this.#rows;
    const first = rows.get(row, INTERFACE);
    if (rows.flags(row) & INTERFACE_TEXT) return this.#strings.text(first) === name;
    return (
      packInterface(name, this.#words) &&
      first === this.#words[0] &&
      rows.get(row, INTERFACE + 1) === this.#words[1]
    );
  }
}
