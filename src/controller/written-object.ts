/** `namespace/name`; the name may be ''. */
export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** What is written for the service `key`, as log events tell it. */
export function writtenObject(
  key: string,
  { kind, op, name: object }: { readonly kind: string; readonly op: string; readonly name: string },
): {
  readonly namespace: string;
  readonly service: string;
  readonly kind: string;
  readonly op: string;
  readonly object: string;
} {
  const { namespace, name: service } = splitKey(key);
  return { namespace, service, kind, op, object };
}
