import { printable } from './printable.ts';

/** An object that cannot be read: which field and why. The message never holds more than a short excerpt of a value. */
export class ConversionError extends Error {
  override readonly name = 'ConversionError';
  /** Path in the object: `spec.ipNetworks[2]`. */
  readonly field: string;

  constructor(field: string, problem: string, options?: { readonly cause?: unknown }) {
    super(`${field}: ${problem}`, options);
    this.field = field;
  }
}

/** A value as it may be shown in a message: quoted, harmless to a terminal, at most 64 characters. */
export function excerpt(value: string): string {
  return printable(JSON.stringify(value.length > 64 ? `${value.slice(0, 63)}…` : value));
}
