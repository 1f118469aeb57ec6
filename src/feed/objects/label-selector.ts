import { isMet } from './label-requirement.ts';
import type { LabelRequirement } from './label-requirement.ts';
import { LabelSelectorParser } from './label-selector-parser.ts';

/** All of it must hold; empty = everything. */
export type LabelSelector = readonly LabelRequirement[];

/**
 * A label selector of the Kubernetes API: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, joined by commas.
 * Throws SelectorError.
 */
export function parseLabelSelector(text: string): LabelSelector {
  return new LabelSelectorParser(text).parse();
}

/** `label` gives the value of a key, undefined where the object has no such label. */
export function matchesLabels(selector: LabelSelector, label: (key: string) => string | undefined): boolean {
  for (const requirement of selector) if (!isMet(requirement, label(requirement.key))) return false;
  return true;
}
