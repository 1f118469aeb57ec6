/** What a kubeconfig is made of. */
export type YamlValue = string | boolean | YamlMap | readonly YamlValue[];
export interface YamlMap {
  readonly [key: string]: YamlValue;
}

/** Words that no reader of YAML takes for anything but text. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z/][A-Za-z0-9_./-]*$/i;
/** JSON leaves these as they are; YAML allows them in quotes only as escapes. */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const UNESCAPED = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A map as a YAML document in block style. Only maps, lists, text and booleans: what a kubeconfig needs. */
export function toYaml(value: YamlMap): string {
  return `${linesOf(value).join('\n')}\n`;
}

function linesOf(value: YamlMap | readonly YamlValue[]): string[] {
  if (isList(value)) {
    return value.flatMap((item) => {
      const [first = '', ...rest] = blockOf(item);
      return [`- ${first}`, ...indented(rest)];
    });
  }
  return Object.entries(value).flatMap(([key, item]) => {
    const block = blockOf(item);
    if (isFlow(item)) return [`${scalar(key)}: ${block[0] ?? ''}`];
    return [`${scalar(key)}:`, ...(isList(item) ? block : indented(block))];
  });
}

function blockOf(value: YamlValue): string[] {
  if (typeof value === 'string') return [scalar(value)];
  if (typeof value === 'boolean') return [String(value)];
  if (isFlow(value)) return [isList(value) ? '[]' : '{}'];
  return linesOf(value);
}

/** Fits behind its key. */
function isFlow(value: YamlValue): boolean {
  return typeof value !== 'object' || Object.keys(value).length === 0;
}

function isList(value: YamlValue): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** In quotes where a reader could take it for something else: JSON's strings are YAML's, but for a few characters. */
function scalar(text: string): string {
  if (PLAIN.test(text)) return text;
  return JSON.stringify(text).replaceAll(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
