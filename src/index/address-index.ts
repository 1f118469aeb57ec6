import { formatAddress, formatIPv4, ipv4OfCidr, isIPv4, packAddress, setIPv4 } from './address-words.ts';
import { ADDRESS, INLINE, MORE, NEXT, PREVIOUS } from './endpoint-rows.ts';
import type { EndpointRows } from './endpoint-rows.ts';
import { finishHash, hashNumber } from './hash.ts';
import { HashIndex, NONE } from './hash-index.ts';
import type { InternTable } from './intern-table.ts';
import { WordTable } from './word-table.ts';

/** Words of an address record; the address itself takes the first four. */
const KIND = 4;
const OWNER = 5;
const CHAIN_NEXT = 6;
const CHAIN_PREVIOUS = 7;
const OWNER_NEXT = 8;
const STRIDE = 9;

/** A network that is no full-length address, as interned text; found by nobody. */
const TEXT = 0;
const OF_ROW = 1;
const OF_HOST = 2;

/** A reference is a row, or the record of an address with the highest bit set. */
const RECORD = 0x80000000;
const END = 0xffffffff;

/** Each owner once. */
export interface AddressOwners {
  readonly rows: readonly number[];
  readonly hosts: readonly number[];
}

/**
 * Who owns an address. The first IPv4 address of a WorkloadEndpoint lies in its row; every other address of a row and
 * all of a HostEndpoint have records. Owners of one address form a doubly linked chain, of which the hash index knows
 * the head: overlapping addresses of many clusters are ordinary, and none may make removal slow.
 */
export class AddressIndex {
  readonly #rows: EndpointRows;
  readonly #strings: InternTable;
  readonly #seed: number;
  readonly #records = new WordTable(STRIDE);
  readonly #heads = new HashIndex();
  readonly #words = new Uint32Array(4);
  /** The network that was read last. */
  #lastText = '';
  #lastIPv4 = -1;

  constructor(rows: EndpointRows, strings: InternTable, seed: number) {
    this.#rows = rows;
    this.#strings = strings;
    this.#seed = seed;
  }

  get bytes(): number {
    return this.#records.bytes + this.#heads.bytes;
  }

  /** Stores the networks of a row and lists them; true where the first is in the row itself (flag INLINE). */
  addRow(row: number, networks: readonly string[]): boolean {
    const first = this.#ipv4(networks[0] ?? '');
    this.#rows.set(row, ADDRESS, first < 0 ? 0 : first);
    this.#rows.set(row, MORE, this.#addRecords(networks, first < 0 ? 0 : 1, OF_ROW, row));
    if (first < 0) return false;
    setIPv4(first, this.#words);
    this.#link(row);
    return true;
  }

  removeRow(row: number): void {
    if (this.#rows.flags(row) & INLINE) {
      setIPv4(this.#rows.get(row, ADDRESS), this.#words);
      this.#unlink(row);
    }
    this.#removeRecords(this.#rows.get(row, MORE));
  }

  /** Returns what `removeHost` takes. */
  addHost(host: number, addresses: readonly string[]): number {
    return this.#addRecords(addresses, 0, OF_HOST, host);
  }

  removeHost(records: number): void {
    this.#removeRecords(records);
  }

  networks(row: number): string[] {
    const networks: string[] = [];
    if (this.#rows.flags(row) & INLINE) {
      networks.push(`${formatIPv4(this.#rows.get(row, ADDRESS))}/32`);
    }
    for (let at = this.#rows.get(row, MORE); at !== 0; at = this.#records.get(at, OWNER_NEXT)) {
      networks.push(this.#text(at));
    }
    return networks;
  }

  /** Whether a row has exactly these networks, in this order. */
  same(row: number, networks: readonly string[]): boolean {
    if (networks.length === 1 && this.#rows.flags(row) & INLINE && this.#rows.get(row, MORE) === 0) {
      return this.#ipv4(networks[0] ?? '') === this.#rows.get(row, ADDRESS);
    }
    const known = this.networks(row);
    return known.length === networks.length && known.every((network, i) => network === networks[i]);
  }

  /** `address` must be canonical. */
  owners(address: string): AddressOwners {
    const rows: number[] = [];
    const hosts: number[] = [];
    if (!packAddress(address, this.#words)) return { rows, hosts };
    let records = 0;
    for (let ref = this.#head(this.#hash()); ref !== END; ref = this.#next(ref)) {
      if (ref < RECORD) {
        rows.push(ref);
        continue;
      }
      records++;
      const owners = this.#records.get(ref - RECORD, KIND) === OF_ROW ? rows : hosts;
      owners.push(this.#records.get(ref - RECORD, OWNER));
    }
    // Only where it has a record can an owner have the address twice. Sets for every look-up were a third of its time.
    if (records === 0) return { rows, hosts };
    return { rows: [...new Set(rows)], hosts: [...new Set(hosts)] };
  }

  /** What is compared with the row and found to differ is written into it next. */
  #ipv4(text: string): number {
    if (text !== this.#lastText) {
      this.#lastText = text;
      this.#lastIPv4 = ipv4OfCidr(text);
    }
    return this.#lastIPv4;
  }

  /** A chain in the order of the source; returns its first record, 0 = none. */
  #addRecords(networks: readonly string[], from: number, kind: number, owner: number): number {
    let head = 0;
    for (let i = networks.length - 1; i >= from; i--) {
      const at = this.#records.allocate();
      const text = networks[i] ?? '';
      const packed = packAddress(text, this.#words);
      this.#records.set(at, KIND, packed ? kind : TEXT);
      this.#records.set(at, OWNER, owner);
      this.#records.set(at, OWNER_NEXT, head);
      if (packed) {
        for (let word = 0; word < 4; word++) this.#records.set(at, word, this.#words[word] as number);
        this.#link(at + RECORD);
      } else {
        this.#records.set(at, 0, this.#strings.acquire(text));
      }
      head = at;
    }
    return head;
  }

  #removeRecords(head: number): void {
    let at = head;
    while (at !== 0) {
      const next = this.#records.get(at, OWNER_NEXT);
      if (this.#records.get(at, KIND) === TEXT) {
        this.#strings.release(this.#records.get(at, 0));
      } else {
        this.#load(at);
        this.#unlink(at + RECORD);
      }
      this.#records.free(at);
      at = next;
    }
  }

  #text(at: number): string {
    if (this.#records.get(at, KIND) === TEXT) return this.#strings.text(this.#records.get(at, 0));
    this.#load(at);
    return `${formatAddress(this.#words)}${isIPv4(this.#words) ? '/32' : '/128'}`;
  }

  /** Adds `ref`, whose address is in `#words`. Behind the head, so that the hash index need not change. */
  #link(ref: number): void {
    const hash = this.#hash();
    const head = this.#head(hash);
    this.#setPrevious(ref, head);
    if (head === END) {
      this.#setNext(ref, END);
      this.#heads.add(hash, ref);
      return;
    }
    const next = this.#next(head);
    this.#setNext(ref, next);
    this.#setNext(head, ref);
    if (next !== END) this.#setPrevious(next, ref);
  }

  #unlink(ref: number): void {
    const next = this.#next(ref);
    const previous = this.#previous(ref);
    if (next !== END) this.#setPrevious(next, previous);
    if (previous !== END) this.#setNext(previous, next);
    else if (next === END) this.#heads.remove(this.#hash(), ref);
    else this.#heads.replace(this.#hash(), ref, next);
  }

  #hash(): number {
    let hash = this.#seed;
    for (let i = 0; i < 4; i++) hash = hashNumber(hash, this.#words[i] as number);
    return finishHash(hash);
  }

  #head(hash: number): number {
    for (let ref = this.#heads.first(hash); ref !== NONE; ref = this.#heads.next()) {
      if (this.#hasAddress(ref)) return ref;
    }
    return END;
  }

  /** Whether the address of `ref` is that in `#words`. */
  #hasAddress(ref: number): boolean {
    const words = this.#words;
    if (ref < RECORD) return this.#rows.get(ref, ADDRESS) === words[3] && isIPv4(words);
    for (let word = 0; word < 4; word++)
      if (this.#records.get(ref - RECORD, word) !== words[word]) return false;
    return true;
  }

  /** The address of a record into `#words`. */
  #load(at: number): void {
    for (let word = 0; word < 4; word++) this.#words[word] = this.#records.get(at, word);
  }

  #next(ref: number): number {
    return ref < RECORD ? this.#rows.get(ref, NEXT) : this.#records.get(ref - RECORD, CHAIN_NEXT);
  }

  #previous(ref: number): number {
    return ref < RECORD ? this.#rows.get(ref, PREVIOUS) : this.#records.get(ref - RECORD, CHAIN_PREVIOUS);
  }

  #setNext(ref: number, next: number): void {
    if (ref < RECORD) this.#rows.set(ref, NEXT, next);
    else this.#records.set(ref - RECORD, CHAIN_NEXT, next);
  }

  #setPrevious(ref: number, previous: number): void {
    if (ref < RECORD) this.#rows.set(ref, PREVIOUS, previous);
    else this.#records.set(ref - RECORD, CHAIN_PREVIOUS, previous);
  }
}
