import type { HttpRequest } from './http-message.ts';

/** Lets a body that nobody wants pass by; calls `onTooMuch` once when it is more than `maxBytes`. */
export function drainBody(request: HttpRequest, maxBytes: number, onTooMuch: () => void): void {
  let bytes = 0;
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= maxBytes) return;
    request.off('data', onData);
    request.pause();
    onTooMuch();
  };
  request.on('data', onData);
}
