import { createHash } from 'node:crypto';
import { restrictionsOf } from './selector-restrictions.ts';
import type { LabelRestrictions } from './selector-restrictions.ts';
import { compileSelector, printSelector, renameLabels } from './selector-node.ts';
import type { LabelReader, SelectorNode } from './selector-node.ts';
import { parseSelectorNode } from './selector-parser.ts';

/** A valid Calico selector (libcalico-go/lib/selector), ready to be evaluated many times. */
export interface Selector {
  /** Calico's own canonical text; equal selectors up to spacing, quotes and redundant parentheses share it. */
  readonly canonical: string;
  /** Calico's identifier of the selector: `s:` and 38 characters. */
  readonly uid: string;
  readonly labelNames: ReadonlySet<string>;
  evaluate(labels: LabelReader): boolean;
  /** What any matching label set must satisfy, label by label: an aid to indexes, never the whole truth. */
  restrictions(): LabelRestrictions;
}

export type { LabelReader } from './selector-node.ts';

/** Throws SelectorError, which names the position and what was expected there. Empty text selects everything. */
export function parseSelector(text: string): Selector {
  return new ParsedSelector(parseSelectorNode(text.toWellFormed()));
}

/**
 * The canonical text of a selector with `prefix` before every label name (`pcns.` makes a namespace selector one on
 * endpoints). Throws SelectorError.
 */
export function prefixSelector(text: string, prefix: string): string {
  return printSelector(renameLabels(parseSelectorNode(text.toWellFormed()), (label) => prefix + label));
}

class ParsedSelector implements Selector {
  readonly canonical: string;
  readonly labelNames: ReadonlySet<string>;
  readonly evaluate: (labels: LabelReader) => boolean;
  readonly #node: SelectorNode;
  #uid: string | undefined;

  constructor(node: SelectorNode) {
    const names = new Set<string>();
    renameLabels(node, (label) => {
      names.add(label);
      return label;
    });
    this.canonical = printSelector(node);
    this.labelNames = names;
    this.evaluate = compileSelector(node);
    this.#node = node;
  }

  get uid(): string {
    this.#uid ??= `s:${createHash('sha224').update(`s:${this.canonical}`).digest('base64url')}`;
    return this.#uid;
  }

  restrictions(): LabelRestrictions {
    return restrictionsOf(this.#node);
  }
}
