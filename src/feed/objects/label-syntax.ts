// What Kubernetes accepts as keys and values of labels, with the words of its API server (apimachinery
// pkg/api/validate/content). Each function returns the complaints; none = valid.

const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${DNS_LABEL}(\\.${DNS_LABEL})*`;
const VALUE = `(${NAME})?`;
const MAX_LABEL = 63;
const MAX_SUBDOMAIN = 253;

// `$` in JavaScript, without the flag `m`, is the very end as in Go.
const namePattern = new RegExp(`^${NAME}$`);
const valuePattern = new RegExp(`^${VALUE}$`);
const subdomainPattern = new RegExp(`^${SUBDOMAIN}$`);

const CHARACTERS =
  "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const EMPTY = 'must be non-empty';
const NAME_RULE = shape(`must consist of ${CHARACTERS}`, ['MyName', 'my.name', '123-abc'], NAME);
const VALUE_RULE = shape(
  `a valid label must be an empty string or consist of ${CHARACTERS}`,
  ['MyValue', 'my_value', '12345'],
  VALUE,
);
const SUBDOMAIN_RULE = shape(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  ['example.com'],
  SUBDOMAIN,
);

export function labelKeyProblems(key: string): readonly string[] {
  const parts = key.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${NAME_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  const problems = parts.length === 2 ? prefixProblems(parts[0] ?? '') : [];
  if (name === '') problems.push(`name part ${EMPTY}`);
  else if (Buffer.byteLength(name) > MAX_LABEL) problems.push(`name part ${tooLong(MAX_LABEL)}`);
  if (!namePattern.test(name)) problems.push(`name part ${NAME_RULE}`);
  return problems;
}

/** `max` in bytes. */
export function labelValueProblems(value: string, max = MAX_LABEL): readonly string[] {
  const problems: string[] = [];
  if (Buffer.byteLength(value) > max) problems.push(tooLong(max));
  if (!valuePattern.test(value)) problems.push(VALUE_RULE);
  return problems;
}

function prefixProblems(prefix: string): string[] {
  if (prefix === '') return [`prefix part ${EMPTY}`];
  const problems: string[] = [];
  if (Buffer.byteLength(prefix) > MAX_SUBDOMAIN) problems.push(`prefix part ${tooLong(MAX_SUBDOMAIN)}`);
  if (!subdomainPattern.test(prefix)) problems.push(`prefix part ${SUBDOMAIN_RULE}`);
  return problems;
}

function tooLong(max: number): string {
  return `must be no more than ${max} bytes`;
}

function shape(rule: string, examples: readonly string[], pattern: string): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${rule} (e.g. ${shown}regex used for validation is '${pattern}')`;
}
