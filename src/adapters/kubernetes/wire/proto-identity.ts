import type { Buffer } from 'node:buffer';
import { textOf } from './byte-interner.ts';
import { NO_REF, type ObjectRef } from './object-ref.ts';
import { ProtoError } from './proto-reader.ts';
import { ProtoStream, type ProtoStreamHandler, type Treatment } from './proto-stream.ts';

/** Names and versions are short; what claims to be longer is not kept. */
const MAX_TEXT = 1024;
const METADATA = 1;
const SPEC = 2;
/** Fields by `parent * 100 + number`: ObjectMeta name, namespace, resourceVersion; PodSpec nodeName. */
const WANTED: ReadonlyMap<number, keyof ObjectRef> = new Map([
  [METADATA * 100 + 1, 'name'],
  [METADATA * 100 + 3, 'namespace'],
  [METADATA * 100 + 6, 'resourceVersion'],
  [SPEC * 100 + 10, 'nodeName'],
]);

/**
 * Picks the identity out of an object that is too large or too broken to be read. Used as a part of a stream handler:
 * `base` is the depth of the object in the stream's path.
 */
export class IdentityCollector {
  readonly #base: number;
  #ref: ObjectRef = NO_REF;

  constructor(base: number) {
    this.#base = base;
  }

  get ref(): ObjectRef {
    return this.#ref;
  }

  begin(): void {
    this.#ref = NO_REF;
  }

  field(path: readonly number[], number: number, length: number): Treatment {
    const depth = path.length - this.#base;
    if (depth === 0) return number === METADATA || number === SPEC ? 'enter' : 'skip';
    const wanted = depth === 1 && WANTED.has((path.at(-1) as number) * 100 + number) && length <= MAX_TEXT;
    return wanted ? 'capture' : 'skip';
  }

  captured(path: readonly number[], number: number, bytes: Buffer): void {
    const key = WANTED.get((path.at(-1) as number) * 100 + number);
    if (key === undefined) return;
    try {
      this.#ref = { ...this.#ref, [key]: textOf(bytes, 0, bytes.length) };
    } catch (error) {
      if (!(error instanceof ProtoError)) throw error;
    }
  }
}

/** The identity of a whole object, as far as its bytes make sense. Never throws. */
export function identityOf(bytes: Buffer): ObjectRef {
  const collector = new IdentityCollector(0);
  const handler: ProtoStreamHandler = {
    field: (path, number, length) => collector.field(path, number, length),
    captured: (path, number, part) => collector.captured(path, number, part),
  };
  try {
    new ProtoStream(handler, 'bare', bytes.length).push(bytes);
  } catch (error) {
    if (!(error instanceof ProtoError)) throw error;
  }
  return collector.ref;
}
