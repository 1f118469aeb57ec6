import type { LabelSet } from '../model/label-set.ts';
import type { Selector } from '../model/selector.ts';
import type { ClusterData } from './cluster-data.ts';
import type { ProfileKeys } from './profile-keys.ts';
import type { TemplateTable, TemplateWatcher } from './template-table.ts';

const UNKNOWN = 0;
const NO = 1;
const YES = 2;

/**
 * Answers of one selector by template, found out once each. Where no profile gives a label that the selector names,
 * they hold for all clusters; else they depend on what the profiles of a cluster give: then for one cluster at a
 * time, and the selector itself is evaluated once for each label set and inherited values.
 */
export class SelectorMemo implements TemplateWatcher {
  readonly #selector: Selector;
  readonly #templates: TemplateTable;
  readonly #profileKeys: ProfileKeys;
  readonly #names: readonly string[];
  /** By template. */
  #answers: Uint8Array;
  #version: number;
  #needsProfiles: boolean;
  #cluster: ClusterData | undefined;
  /** By inherited values, then by label set. */
  readonly #byValues = new Map<string, Map<LabelSet, boolean>>();
  /** By list of profiles, of the present cluster. */
  readonly #valuesOf = new Map<readonly string[], Inherited>();

  constructor(selector: Selector, templates: TemplateTable, profileKeys: ProfileKeys) {
    this.#selector = selector;
    this.#templates = templates;
    this.#profileKeys = profileKeys;
    this.#names = [...selector.labelNames];
    this.#answers = new Uint8Array(templates.limit);
    this.#version = profileKeys.version;
    this.#needsProfiles = this.#names.some((name) => profileKeys.has(name));
  }

  /** To be called before `matches` where the rows of another cluster follow, and after each turn of the event loop. */
  enter(cluster: ClusterData | undefined): void {
    const isChanged = this.#version !== this.#profileKeys.version;
    if (isChanged) {
      this.#version = this.#profileKeys.version;
      this.#needsProfiles = this.#names.some((name) => this.#profileKeys.has(name));
    }
    if (isChanged || (this.#needsProfiles && cluster !== this.#cluster)) {
      this.#answers.fill(UNKNOWN);
      this.#valuesOf.clear();
    }
    this.#cluster = cluster;
    if (this.#answers.length < this.#templates.limit) {
      const grown = new Uint8Array(this.#templates.limit + 1024);
      grown.set(this.#answers);
      this.#answers = grown;
    }
  }

  forget(template: number): void {
    if (template < this.#answers.length) this.#answers[template] = UNKNOWN;
  }

  /** Whether rows of this template match; 0, the template of rows not in use, never does. */
  matches(template: number): boolean {
    const known = this.#answers[template];
    if (known !== UNKNOWN) return known === YES;
    const isMatch = template !== 0 && this.#evaluate(template);
    this.#answers[template] = isMatch ? YES : NO;
    return isMatch;
  }

  #evaluate(template: number): boolean {
    const labels = this.#templates.labels(template);
    const inherited = this.#needsProfiles ? this.#inherited(this.#templates.profiles(template)) : NOTHING;
    const values = inherited.key;
    let answers = this.#byValues.get(values);
    if (answers === undefined) {
      answers = new Map();
      this.#byValues.set(values, answers);
    }
    let answer = answers.get(labels);
    if (answer === undefined) {
      const { values } = inherited;
      answer = this.#selector.evaluate({ get: (name) => labels.get(name) ?? values.get(name) });
      answers.set(labels, answer);
    }
    return answer;
  }

  #inherited(profiles: readonly string[]): Inherited {
    const known = this.#valuesOf.get(profiles);
    if (known !== undefined) return known;
    const values = new Map<string, string>();
    for (const name of this.#names) {
      const value = this.#cluster?.inherited.value(profiles, name);
      if (value !== undefined) values.set(name, value);
    }
    const inherited = { key: values.size === 0 ? '' : JSON.stringify([...values]), values };
    this.#valuesOf.set(profiles, inherited);
    return inherited;
  }
}

/** What profiles give of the labels that the selector names. */
interface Inherited {
  readonly key: string;
  readonly values: ReadonlyMap<string, string>;
}

const NOTHING: Inherited = { key: '', values: new Map() };
