import { hash } from 'node:crypto';
import type { FeedNarrowing, FeedTarget } from '../feed-store.ts';

/** Where a list goes on. */
export interface ContinueToken {
  /** Of the process that issued it. */
  readonly process: string;
  readonly snapshot: string;
  readonly position: number;
  /** Of the list that it belongs to. */
  readonly list: string;
}

const MAX_LENGTH = 512;

export function formatToken({ process, snapshot, position, list }: ContinueToken): string {
  return Buffer.from(`1 ${process} ${snapshot} ${position} ${list}`).toString('base64url');
}

/** undefined where this is no token of a feed. */
export function parseToken(text: string): ContinueToken | undefined {
  if (text.length > MAX_LENGTH || !/^[\w-]+$/.test(text)) return undefined;
  const parts = Buffer.from(text, 'base64url').toString('latin1');
  const match = /^1 (\d+) ([0-9a-z-]+) (\d{1,15}) ([0-9a-f]+)$/.exec(parts);
  if (match === null) return undefined;
  const [, process = '', snapshot = '', position = '', list = ''] = match;
  return { process, snapshot, position: Number(position), list };
}

/** Equal for requests that ask for the same objects. The form may change from page to page. */
export function listFingerprint(request: FeedTarget & FeedNarrowing): string {
  const { resource, view, namespace, labelSelector, fieldSelector } = request;
  const parts = [resource, view, namespace ?? null, labelSelector, fieldSelector];
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 20);
}
