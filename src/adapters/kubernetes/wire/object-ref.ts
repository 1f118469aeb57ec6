/** What names an object of the API, as far as it could be read. '' = unknown or not given. */
export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  /** Of a pod: a part of the identity of its endpoint. */
  readonly nodeName: string;
}

export const NO_REF: ObjectRef = { namespace: '', name: '', resourceVersion: '', nodeName: '' };
