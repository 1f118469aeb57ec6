import type { FeedResource } from '../feed-resource.ts';
import { SelectorError } from './selector-error.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** All of it must hold; empty = everything. */
export type FieldSelector = readonly FieldRequirement[];

/**
 * A field selector of the Kubernetes API: `metadata.name=a,spec.node!=b`; in values `\` stands before `\`, `,` and `=`.
 * Throws SelectorError, also for a field that the resource cannot be selected by.
 */
export function parseFieldSelector(text: string, resource: FeedResource): FieldSelector {
  // Sorted as the API server does: of several mistakes the same one is told.
  const requirements = splitTerms(text)
    .sort()
    .map((term) => parseTerm(term, text));
  for (const { field } of requirements) checkField(field, resource);
  return requirements;
}

/** `field` gives all values of a field: an object with several meets `=` by any of them and `!=` by none. */
export function matchesFields(selector: FieldSelector, field: (name: string) => readonly string[]): boolean {
  return selector.every(({ field: name, operator, value }) => {
    return field(name).includes(value) === (operator === '=');
  });
}

/** The value that the selector demands of a field, undefined where it leaves a choice. */
export function demandedValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;
}

/** The fields that a resource can be selected by. */
export function selectableFields({ namespaced, fields }: FeedResource): readonly string[] {
  return ['metadata.name', ...(namespaced ? ['metadata.namespace'] : []), ...fields];
}

/** At commas that no `\` stands before. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\[\s\S]?|[^\\,])+/g) ?? [];
}

function parseTerm(term: string, selector: string): FieldRequirement {
  const operator = /!=|==|=/.exec(term);
  if (operator === null) {
    throw new SelectorError(`invalid selector: '${selector}'; can't understand '${term}'`);
  }
  const field = term.slice(0, operator.index);
  const value = unescape(term.slice(operator.index + operator[0].length));
  return { field, operator: operator[0] === '!=' ? '!=' : '=', value };
}

function unescape(escaped: string): string {
  return escaped.replaceAll(/\\([\s\S]?)|=/gu, (found, character?: string) => {
    // The API server names the character by its number.
    if (found === '=') throw new SelectorError('invalid field selector: unescaped character in value: 61');
    if (character !== '\\' && character !== ',' && character !== '=') {
      throw new SelectorError(`invalid field selector: invalid escape sequence: ${found}`);
    }
    return character;
  });
}

function checkField(field: string, resource: FeedResource): void {
  if (selectableFields(resource).includes(field)) return;
  // A kind with nothing but the usual two fields is told so, in other words than one with fields of its own.
  const isPlain = resource.namespaced && resource.fields.length === 0;
  throw new SelectorError(
    isPlain
      ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
      : `field label not supported: ${field}`,
  );
}
