/** A label or field selector that cannot be understood. The message is what a Kubernetes API server would answer with. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}
