import type { ObjectReference, SliceEndpoint } from '../model/endpoint-slice.ts';
import { formatAddress, formatIPv4, isIPv4, packAddress } from './address-words.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { formatUuid, packUuid } from './uuid-words.ts';

/**
 * The endpoints of a slice as bytes, some 60 for each instead of some 600 as objects. Equal lists give equal bytes.
 *
 * Per endpoint: conditions and whether there is a targetRef in one byte; addresses, each with its form in front;
 * texts. A text that tends to repeat (node, zone, namespace) is a number: 0 = '', 1 = a new text that follows,
 * n + 2 = the n-th text so far.
 */
export function packSliceEndpoints(endpoints: readonly SliceEndpoint[]): Uint8Array {
  const texts = new Map<string, number>();
  writer.integer(endpoints.length);
  for (const endpoint of endpoints) {
    writer.byte(
      condition(endpoint.ready) |
        (condition(endpoint.serving) << 2) |
        (condition(endpoint.terminating) << 4) |
        (endpoint.targetRef === undefined ? 0 : HAS_TARGET),
    );
    writer.integer(endpoint.addresses.length);
    for (const address of endpoint.addresses) writeAddress(address);
    for (const text of [endpoint.hostname, endpoint.nodeName, endpoint.zone]) writeRepeated(text, texts);
    if (endpoint.targetRef !== undefined) writeTarget(endpoint.targetRef, texts);
  }
  return writer.take();
}

export function unpackSliceEndpoints(bytes: Uint8Array): SliceEndpoint[] {
  const reader = new ByteReader(bytes);
  const texts: string[] = [];
  const endpoints: SliceEndpoint[] = [];
  for (let left = reader.integer(); left > 0; left--) {
    const flags = reader.byte();
    endpoints.push({
      addresses: readAddresses(reader),
      ready: CONDITIONS[flags & 3],
      serving: CONDITIONS[(flags >> 2) & 3],
      terminating: CONDITIONS[(flags >> 4) & 3],
      hostname: readRepeated(reader, texts),
      nodeName: readRepeated(reader, texts),
      zone: readRepeated(reader, texts),
      targetRef: flags & HAS_TARGET ? readTarget(reader, texts) : undefined,
    });
  }
  return endpoints;
}

const HAS_TARGET = 64;
const CONDITIONS = [undefined, false, true] as const;
const TEXT = 0;
const IPV4 = 4;
const IPV6 = 6;
const UUID = 1;

const writer = new ByteWriter();
const words = new Uint32Array(4);

function condition(value: boolean | undefined): number {
  return value === undefined ? 0 : Number(value) + 1;
}

function writeAddress(address: string): void {
  // A network is no address of a slice; it would lose its prefix length.
  if (address.includes('/') || !packAddress(address, words)) {
    writer.byte(TEXT);
    writer.text(address);
  } else if (isIPv4(words)) {
    writer.byte(IPV4);
    writer.word(words[3] ?? 0);
  } else {
    writer.byte(IPV6);
    for (const word of words) writer.word(word);
  }
}

function readAddresses(reader: ByteReader): string[] {
  const count = reader.integer();
  // Nearly always one: a list that is made with it is no larger than it must be.
  if (count === 1) return [readAddress(reader)];
  return Array.from({ length: count }, () => readAddress(reader));
}

function readAddress(reader: ByteReader): string {
  const form = reader.byte();
  if (form === TEXT) return reader.text();
  if (form === IPV4) return formatIPv4(reader.word());
  for (let i = 0; i < 4; i++) words[i] = reader.word();
  return formatAddress(words);
}

function writeRepeated(text: string, texts: Map<string, number>): void {
  const known = texts.get(text);
  if (text === '') writer.integer(0);
  else if (known !== undefined) writer.integer(known + 2);
  else {
    texts.set(text, texts.size);
    writer.integer(1);
    writer.text(text);
  }
}

function readRepeated(reader: ByteReader, texts: string[]): string {
  const number = reader.integer();
  if (number === 0) return '';
  if (number > 1) return texts[number - 2] ?? '';
  const text = reader.text();
  texts.push(text);
  return text;
}

function writeTarget(target: ObjectReference, texts: Map<string, number>): void {
  writeRepeated(target.kind, texts);
  writeRepeated(target.namespace, texts);
  writer.text(target.name);
  if (packUuid(target.uid, words)) {
    writer.byte(UUID);
    for (const word of words) writer.word(word);
  } else {
    writer.byte(TEXT);
    writer.text(target.uid);
  }
}

function readTarget(reader: ByteReader, texts: string[]): ObjectReference {
  const kind = readRepeated(reader, texts);
  const namespace = readRepeated(reader, texts);
  const name = reader.text();
  const uid =
    reader.byte() === UUID
      ? formatUuid(reader.word(), reader.word(), reader.word(), reader.word())
      : reader.text();
  return { kind, namespace, name, uid };
}
