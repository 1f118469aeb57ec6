import type { FeedObject } from '../feed-object.ts';
import type { FeedEncoder } from '../objects/feed-encoder.ts';
import type { FeedListMeta } from '../objects/list-meta.ts';
import { contentSize } from './content-size.ts';
import type { ListPage } from './list-page.ts';
import type { TurnTaker } from './turn-taker.ts';

/** Estimated size of a piece of a body. */
const PIECE_BYTES = 64 << 10;
/** Items that are kept where their length must be known first; longer lists are encoded twice. */
const KEPT_BYTES = 8 << 20;

/** The body of a list in pieces. */
export async function* listBody(
  page: ListPage,
  meta: FeedListMeta,
  encoder: FeedEncoder,
  turns: TurnTaker,
): AsyncGenerator<Uint8Array, void, void> {
  if (encoder.needsLength) {
    yield* measuredBody(page, meta, encoder, turns);
    return;
  }
  const { head, tail } = encoder.listEnds(meta, 0);
  yield head;
  yield* items(page, encoder, turns);
  yield tail;
}

async function* measuredBody(
  page: ListPage,
  meta: FeedListMeta,
  encoder: FeedEncoder,
  turns: TurnTaker,
): AsyncGenerator<Uint8Array, void, void> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const piece of items(page, encoder, turns)) {
    bytes += piece.length;
    if (bytes <= KEPT_BYTES) kept.push(piece);
    else kept.length = 0;
  }
  const { head, tail } = encoder.listEnds(meta, bytes);
  yield head;
  if (bytes <= KEPT_BYTES) yield* kept;
  else yield* items(page, encoder, turns);
  yield tail;
}

async function* items(
  page: ListPage,
  encoder: FeedEncoder,
  turns: TurnTaker,
): AsyncGenerator<Buffer, void, void> {
  let isFirst = true;
  const slices = page.slices()[Symbol.iterator]();
  for (;;) {
    // Also before the first: many lists may begin at the same time.
    await turns.next();
    const slice = slices.next();
    if (slice.done === true) return;
    for (const objects of bySize(slice.value)) {
      yield encoder.items(objects, isFirst);
      isFirst = false;
    }
  }
}

/** Objects in groups of some size: remote clusters choose how large an object is. */
function* bySize(objects: readonly FeedObject[]): Generator<readonly FeedObject[]> {
  let from = 0;
  let bytes = 0;
  for (const [i, { content }] of objects.entries()) {
    bytes += contentSize(content);
    if (bytes < PIECE_BYTES && i < objects.length - 1) continue;
    yield objects.slice(from, i + 1);
    from = i + 1;
    bytes = 0;
  }
}

/** Calls `release` once when the generator is over, also where it is given up before it was started. */
export function releasing(
  pieces: AsyncGenerator<Uint8Array, void, void>,
  release: () => void,
): AsyncGenerator<Uint8Array, void, void> {
  const settle = async (
    step: Promise<IteratorResult<Uint8Array, void>>,
  ): Promise<IteratorResult<Uint8Array, void>> => {
    try {
      const result = await step;
      if (result.done === true) release();
      return result;
    } catch (error) {
      release();
      throw error;
    }
  };
  const all: AsyncGenerator<Uint8Array, void, void> = {
    next: () => settle(pieces.next()),
    return: () => settle(pieces.return()),
    throw: (error: unknown) => settle(pieces.throw(error)),
    [Symbol.asyncIterator]: () => all,
    [Symbol.asyncDispose]: async () => {
      await all.return();
    },
  };
  return all;
}
