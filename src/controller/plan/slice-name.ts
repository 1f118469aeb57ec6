import { createHash } from 'node:crypto';
import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { SetIdentity } from './set-key.ts';

const MAX_NAME = 253;
const DIGEST = 10;
/** For `-` and the number. */
const NUMBER = 8;

/**
 * What the names of a set's slices begin with: `<service>-<10 hex>`, the digest over the Service's UID, source cluster,
 * family and port set. With `-<n>` after it it is a DNS-1123 subdomain of at most 253 characters.
 */
export function baseName(service: string, uid: string, set: SetIdentity): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([uid, identityText(set)]))
    .digest('hex')
    .slice(0, DIGEST);
  // A cut may end in `-` or `.`, and a label must not: `a.` + `-…` would begin the next label with `-`.
  const shown = service.slice(0, MAX_NAME - DIGEST - 1 - NUMBER).replace(/[^a-z0-9]+$/, '');
  return shown === '' ? digest : `${shown}-${digest}`;
}

/** `<base>-<n>` with the lowest n from 0 whose name is free. */
export function freeName(base: string, isTaken: (name: string) => boolean): string {
  let n = 0;
  while (isTaken(`${base}-${n}`)) n++;
  return `${base}-${n}`;
}

/** Whether a slice's name is one of the base. */
export function hasBase(name: string, base: string): boolean {
  return name.startsWith(`${base}-`) && /^\d+$/.test(name.slice(base.length + 1));
}

/**
 * Whether a slice is still what it was named for. False where somebody else has changed its owner, cluster label or ports:
 * names never change.
 */
export function fitsName(slice: OwnedSlice): boolean {
  return hasBase(slice.name, baseName(slice.service, slice.ownerUid, slice));
}

/** Names outlive the process: another text for a set would give its slices other names. */
function identityText({ cluster, family, ports }: SetIdentity): string {
  const texts = ports.map(({ name, protocol, port, appProtocol }) =>
    JSON.stringify([name, protocol, port ?? null, appProtocol]),
  );
  return JSON.stringify([cluster, family, texts.sort()]);
}
