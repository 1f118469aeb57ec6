/**
 * Memory for encoded objects and batches. One allocation for hundreds of buffers: an ArrayBuffer of its own for each
 * costs more than filling it. A slab is freed when nothing of it is in use.
 */
const SLAB_BYTES = 1 << 20;

let slab = Buffer.alloc(0);
let used = 0;

/** A buffer of that size with unspecified contents. */
export function takeBuffer(size: number): Buffer {
  if (size > SLAB_BYTES / 4) return Buffer.allocUnsafeSlow(size);
  if (used + size > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  used += size;
  return slab.subarray(used - size, used);
}

/** Like Buffer.concat. */
export function joinBuffers(pieces: readonly Uint8Array[], size: number): Buffer {
  const joined = takeBuffer(size);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
