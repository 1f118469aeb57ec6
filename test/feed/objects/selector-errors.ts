const NAME =
  "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const KEY_RULE = `must consist of ${NAME} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
const VALUE_RULE = `a valid label must be an empty string or consist of ${NAME} (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`;
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LONG = 'x'.repeat(64);
const IN_REQUIREMENT = 'unable to parse requirement: ';

/** What a kube-apiserver 1.36 answers. */
export const LABEL_SELECTOR_ERRORS: readonly (readonly [selector: string, error: string])[] = [
  ['a b', `${IN_REQUIREMENT}found 'b', expected: in, notin, =, ==, !=, gt, lt`],
  ['a !b', `${IN_REQUIREMENT}found '!', expected: in, notin, =, ==, !=, gt, lt`],
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
  [')', "found ')', expected: !, identifier, or 'end of string'"],
  ['a in b', `${IN_REQUIREMENT}found 'b' expected: '('`],
  ['a in (b c)', `${IN_REQUIREMENT}found 'c', expected: ',' or ')'`],
  ['a in (', `${IN_REQUIREMENT}found '', expected: ',', ')' or identifier`],
  ['a in (b', `${IN_REQUIREMENT}found '', expected: ',' or ')'`],
  ['a in (b,', `${IN_REQUIREMENT}found '', expected: ',', or identifier`],
  ['a,', "found '', expected: identifier after ','"],
  ['a,,b', "found ',', expected: identifier after ','"],
  ['!', `${IN_REQUIREMENT}found '', expected: identifier`],
  ['!a=b', "found '=', expected: ',' or 'end of string'"],
  ['a=b=c', "found '=', expected: ',' or 'end of string'"],
  ['a=(', `${IN_REQUIREMENT}found '(', expected: identifier`],
  ['-a=b', `${IN_REQUIREMENT}<nil>: Invalid value: "-a": name part ${KEY_RULE}`],
  [
    'a/b/c',
    `${IN_REQUIREMENT}<nil>: Invalid value: "a/b/c": a valid label key ${KEY_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
  ],
  ['/a', `${IN_REQUIREMENT}<nil>: Invalid value: "/a": prefix part must be non-empty`],
  ['Bad/x', `${IN_REQUIREMENT}<nil>: Invalid value: "Bad/x": prefix part ${SUBDOMAIN_RULE}`],
  [LONG, `${IN_REQUIREMENT}<nil>: Invalid value: "${LONG}": name part must be no more than 63 bytes`],
  [`a=${LONG}`, `${IN_REQUIREMENT}values[0][a]: Invalid value: "${LONG}": must be no more than 63 bytes`],
  ['a=-b', `${IN_REQUIREMENT}values[0][a]: Invalid value: "-b": ${VALUE_RULE}`],
  [
    'a>x',
    `${IN_REQUIREMENT}values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
  [
    'a in (b,-c,-d)',
    `${IN_REQUIREMENT}[values[0][a]: Invalid value: "-c": ${VALUE_RULE}, values[1][a]: Invalid value: "-d": ${VALUE_RULE}]`,
  ],
];
