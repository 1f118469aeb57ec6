import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { SelectorError } from '../../src/model/selector-error.ts';
import { parseSelector, prefixSelector } from '../../src/model/selector.ts';
import { check } from './property.ts';
import { readVectors } from './vectors.ts';

function matches(selector: string, labels: Record<string, string>): boolean {
  return parseSelector(selector).evaluate(new Map(Object.entries(labels)));
}

function failure(selector: string): SelectorError {
  try {
    parseSelector(selector);
  } catch (error) {
    assert.ok(error instanceof SelectorError, String(error));
    return error;
  }
  assert.fail(`${selector} was accepted`);
}

interface SelectorVector {
  readonly selector: string;
  readonly labels: Record<string, string>;
  readonly match: boolean;
  readonly canonical: string;
  readonly uid: string;
  readonly valid?: boolean;
}

interface CanonicalVectors {
  readonly canonicalisation: readonly { selector: string; canonical: string; uid: string }[];
  readonly prefixVisitor: readonly { selector: string; prefix: string; prefixed: string }[];
  readonly labelRestrictions: readonly { selector: string; restrictions: Record<string, unknown> | null }[];
}

interface RuleVectors {
  readonly labelSets: readonly Record<string, string>[];
  readonly rows: readonly {
    effective: string;
    canonical: string | null;
    uid: string | null;
    match: readonly boolean[] | null;
    namespaceSelector: string;
  }[];
}

function restrictionsOf(selector: string): Record<string, unknown> | null {
  const entries = [...parseSelector(selector).restrictions()].map(([label, restriction]) => [
    label,
    { ...restriction, mustHaveOneOfValues: restriction.mustHaveOneOfValues?.toSorted() ?? null },
  ]);
  return entries.length === 0 ? null : (Object.fromEntries(entries) as Record<string, unknown>);
}

const rows = readVectors('selectors.json') as readonly SelectorVector[] | undefined;
const forms = readVectors('selector-canonical.json') as CanonicalVectors | undefined;
const rules = readVectors('rule-selectors.json') as RuleVectors | undefined;

if (rows !== undefined && forms !== undefined && rules !== undefined) {
  describe("selectors, Calico's vectors", () => {
    it('accepts, refuses and matches alike', () => {
      assert.ok(rows.length > 100);
      for (const row of rows) {
        if (row.valid === false) {
          failure(row.selector);
          continue;
        }
        const selector = parseSelector(row.selector);
        assert.equal(selector.evaluate(new Map(Object.entries(row.labels))), row.match, row.selector);
        assert.deepEqual([selector.canonical, selector.uid], [row.canonical, row.uid], row.selector);
      }
    });

    it('prints the same canonical form and identifier', () => {
      for (const { selector, canonical, uid } of forms.canonicalisation) {
        const parsed = parseSelector(selector);
        assert.deepEqual([parsed.canonical, parsed.uid], [canonical, uid], selector);
      }
    });

    it('prefixes labels alike', () => {
      for (const { selector, prefix, prefixed } of forms.prefixVisitor) {
        assert.equal(prefixSelector(selector, prefix), prefixed);
      }
    });

    it('finds the same restrictions, also behind all()', () => {
      for (const { selector, restrictions } of forms.labelRestrictions) {
        assert.deepEqual(restrictionsOf(selector), restrictions, selector);
        if (selector !== '')
          assert.deepEqual(restrictionsOf(`all() && (${selector})`), restrictions, selector);
      }
    });

    it('evaluates the effective selectors of policy rules alike', () => {
      for (const row of rules.rows) {
        if (row.match === null) continue;
        const selector = parseSelector(row.effective);
        assert.deepEqual([selector.canonical, selector.uid], [row.canonical, row.uid]);
        const found: boolean[] = rules.labelSets.map((labels) =>
          selector.evaluate(new Map(Object.entries(labels))),
        );
        assert.deepEqual(found, row.match, row.effective);
      }
    });
  });
}

describe('selector grammar', () => {
  const same: readonly (readonly [string, string])[] = [
    ['', 'all()'],
    [' \t ', 'all()'],
    [' global( )', 'global()'],
    ["a=='b'", 'a == "b"'],
    [`a == 'say "hi"'`, `a == 'say "hi"'`],
    ['a notin{"y","x","y",}', 'a not in {"x", "y"}'],
    ['a in {}', 'a in {}'],
    ['a  starts \t with"x"', 'a starts with "x"'],
    ['a endswith "x"', 'a ends with "x"'],
    ['!!!has( a )', '!has(a)'],
    ['!!!!has(a)', 'has(a)'],
    ['!(!has(a))', '!!has(a)'],
    ['!a == "b"', '!a == "b"'],
    ['((((a == "b"))))', 'a == "b"'],
    ['a == "b" || b == "c" && has(d)', '(a == "b" || (b == "c" && has(d)))'],
    ['has(a) && has(b) && (has(c) && has(d))', '(has(a) && has(b) && (has(c) && has(d)))'],
    ['contains contains "contains" && has == "x"', '(contains contains "contains" && has == "x")'],
    ['all == "x" || in in {"in"} || not not in {}', '(all == "x" || in in {"in"} || not not in {})'],
    [
      '-a == "x" && .. == "y" && a/b/c == "z" && 0 == "1"',
      '(-a == "x" && .. == "y" && a/b/c == "z" && 0 == "1")',
    ],
    ['a == "line\nbreak é"', 'a == "line\nbreak é"'],
  ];
  for (const [text, canonical] of same) {
    it(`reads ${JSON.stringify(text)}`, () => {
      const selector = parseSelector(text);
      assert.equal(selector.canonical, canonical);
      assert.equal(parseSelector(canonical).canonical, canonical.replaceAll('!!', ''));
    });
  }

  const bad: readonly (readonly [text: string, position: number, says: RegExp])[] = [
    ['has (a)', 4, /expected an operator/],
    ['a', 1, /expected an operator/],
    ['a = "b"', 2, /expected an operator.*found "= /],
    ['a == b', 5, /expected a quoted string, found a label/],
    ['a == "b', 5, /no closing "/],
    ['a == "b"\n', 8, /expected a label/],
    ['a == "b"c == "d"', 8, /expected &&, \|\| or the end, found a label/],
    ['a IN {"x"}', 2, /operator/],
    ['a inf "x"', 2, /operator/],
    ['a in {,"x"}', 6, /expected a quoted string or }/],
    ['a in {"x" "y"}', 10, /expected , or }/],
    ['a in "x"', 5, /expected {/],
    ['é == "x"', 0, /expected a label/],
    ['(has(a)', 7, /expected &&, \|\| or \)/],
    ['has(a))', 6, /or the end, found \)/],
    ['has(a', 5, /the "\)" of has\(/],
    ['has()', 4, /a label name/],
    ['()', 1, /expected a label/],
    ['!', 1, /found the end/],
    ['has(a) &&', 9, /found the end/],
    ['has(a) & has(b)', 7, /expected/],
  ];
  for (const [text, position, says] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const error = failure(text);
      assert.equal(error.position, position, error.message);
      assert.match(error.message, says);
    });
  }

  it('accepts label names of 512 characters and no longer', () => {
    assert.equal(parseSelector(`${'a'.repeat(512)} == "x"`).labelNames.size, 1);
    assert.match(failure(`has(x) && ${'a'.repeat(513)} == "x"`).message, /position 10: .*512/);
    assert.match(failure(`has(${'a'.repeat(513)})`).message, /position 4: .*512/);
  });

  it('refuses hostile nesting with a clear error', () => {
    assert.match(failure('('.repeat(1_000_000)).message, /more than 100 nested parentheses/);
    const deepest = `${'('.repeat(100)}has(a)${')'.repeat(100)}`;
    assert.equal(parseSelector(deepest).canonical, 'has(a)');
    assert.equal(parseSelector(Array(300).fill('(has(a))').join(' && ')).labelNames.size, 1);
  });

  it('takes long runs and chains in its stride', () => {
    assert.equal(parseSelector(`${'!'.repeat(200_001)}has(a)`).canonical, '!has(a)');
    const values = Array.from({ length: 20_000 }, (_, i) => `a == "${i}"`).join(' || ');
    const selector = parseSelector(values);
    assert.equal(selector.evaluate(new Map([['a', '19999']])), true);
    assert.equal(selector.restrictions().get('a')?.mustHaveOneOfValues?.length, 20_000);
  });

  it('sorts set members by their bytes', () => {
    // In UTF-16 the emoji (a surrogate pair) comes before U+FF5E, in UTF-8 after it.
    assert.equal(parseSelector('a in {"😀", "～", "é", "Z"}').canonical, 'a in {"Z", "é", "～", "😀"}');
  });

  it('names the labels that it looks at', () => {
    const { labelNames } = parseSelector('a == "1" && !(has(b) || c in {"x"}) && all()');
    assert.deepEqual([...labelNames], ['a', 'b', 'c']);
  });

  it('derives the identifier from the canonical text', () => {
    const digest = createHash('sha224').update('s:(has(a) && has(b))').digest('base64url');
    assert.equal(parseSelector('has(a)&&has(b)').uid, `s:${digest}`);
  });
});

describe('prefixSelector', () => {
  it('renames every label, has() included, and nothing else', () => {
    const text = "!(k == 'v' && has(t) || all()) && a in {'b', 'c'}";
    const prefixed = '(!((pcns.k == "v" && has(pcns.t)) || all()) && pcns.a in {"b", "c"})';
    assert.equal(prefixSelector(text, 'pcns.'), prefixed);
  });
});

describe('selector restrictions', () => {
  const present = { mustBePresent: true, mustBeAbsent: false };
  const cases: readonly (readonly [string, Record<string, unknown> | null])[] = [
    ['a != "x" || all()', null],
    ['a in {"1", "2"} && a in {"2", "3"}', { a: { ...present, mustHaveOneOfValues: ['2'] } }],
    ['a == "1" && a == "2"', { a: { ...present, mustHaveOneOfValues: [] } }],
    ['a == "1" || a == "2" && has(b)', { a: { ...present, mustHaveOneOfValues: ['1', '2'] } }],
    ['a == "1" || a contains "2"', { a: { ...present, mustHaveOneOfValues: null } }],
    ['has(a) || !has(a)', null],
    ['!(!has(a))', { a: { ...present, mustHaveOneOfValues: null } }],
    ['!has(a)', { a: { mustBePresent: false, mustBeAbsent: true, mustHaveOneOfValues: null } }],
    ['!(a == "1")', null],
  ];
  for (const [text, expected] of cases) {
    it(text, () => assert.deepEqual(restrictionsOf(text), expected));
  }
});

describe('selector semantics', () => {
  it('treats an absent label as unequal', () => {
    for (const text of ['a != "x"', 'a not in {"x"}', 'a not in {}', '!has(a)'])
      assert.ok(matches(text, {}), text);
    for (const text of [
      'a == ""',
      'a in {""}',
      'a contains ""',
      'a starts with ""',
      'a ends with ""',
      'has(a)',
    ]) {
      assert.ok(!matches(text, {}), text);
      assert.ok(matches(text, { a: '' }), text);
    }
  });

  it('binds && tighter than ||, and ! tightest', () => {
    assert.ok(matches('has(x) || has(a) && has(b)', { x: '' }));
    assert.ok(!matches('(has(x) || has(a)) && has(b)', { x: '' }));
    assert.ok(!matches('!has(a) && has(b)', { a: '', b: '' }));
  });

  it('matches everything with all() and global()', () => {
    assert.ok(matches('all()', {}) && matches('global()', {}) && !matches('!global()', {}));
  });
});

describe('selector properties', () => {
  const label = fc.constantFrom('a', 'b', 'has', 'in', 'x.y/z-0');
  const value = fc.oneof(
    fc.constantFrom('', '1', '2'),
    fc.string().map((text) => text.replaceAll('"', "'")),
  );
  const leaf = fc.oneof(
    label.map((name) => `has(${name})`),
    fc.constantFrom('all()', 'global()'),
    fc
      .tuple(label, fc.constantFrom('==', '!=', 'contains', 'starts with', 'endswith'), value)
      .map(([name, op, text]) => `${name} ${op} "${text}"`),
    fc
      .tuple(label, fc.constantFrom('in', 'not in'), fc.array(value, { maxLength: 3 }))
      .map(([name, op, set]) => `${name} ${op} {${set.map((text) => `"${text}"`).join(',')}}`),
  );
  const { selector } = fc.letrec<{ selector: string }>((tie) => ({
    selector: fc.oneof(
      { depthSize: 'small' },
      leaf,
      tie('selector').map((inner) => `!(${inner})`),
      fc.tuple(tie('selector'), tie('selector')).map(([a, b]) => `(${a}) && (${b})`),
      fc.tuple(tie('selector'), tie('selector')).map(([a, b]) => `(${a} || ${b})`),
    ),
  }));
  const labels = fc.dictionary(label, value).map((record) => new Map(Object.entries(record)));

  it('means the same after printing', () => {
    check(
      fc.property(selector, labels, (text, set) => {
        const parsed = parseSelector(text);
        const again = parseSelector(parsed.canonical);
        // Calico prints a doubly negated parenthesis as `!!`, which it reads as nothing.
        assert.equal(again.canonical.replaceAll('!!', ''), parsed.canonical.replaceAll('!!', ''));
        assert.equal(again.evaluate(set), parsed.evaluate(set));
      }),
    );
  });

  it('never matches against its own restrictions', () => {
    check(
      fc.property(selector, labels, (text, set) => {
        const parsed = parseSelector(text);
        if (!parsed.evaluate(set)) return;
        for (const [name, bound] of parsed.restrictions()) {
          const found = set.get(name);
          assert.ok(!bound.mustBePresent || found !== undefined, `${name} must be present`);
          assert.ok(!bound.mustBeAbsent || found === undefined, `${name} must be absent`);
          if (found !== undefined) assert.ok(bound.mustHaveOneOfValues?.includes(found) ?? true);
        }
      }),
    );
  });

  it('gives a selector or a SelectorError for any text', () => {
    const soup = fc.array(
      fc.constantFrom('a', ' ', '(', ')', '!', '"', "'", '==', '&&', '||', 'in', '{', '}', 'has(', '\n'),
    );
    check(
      fc.property(
        fc.oneof(
          fc.string(),
          soup.map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parseSelector(text);
          } catch (error) {
            assert.ok(error instanceof SelectorError, String(error));
          }
        },
      ),
    );
  });
});
