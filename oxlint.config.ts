import { defineConfig } from 'oxlint';
import { entries, rooms } from './tools/rooms.ts';

/** One override per room: `*` forbids everything, then what the table names is allowed again. */
const layering = Object.entries(rooms).map(([room, may]) => {
  const depth = room.split('/').length;
  const ups = Array.from({ length: depth + 1 }, (_, i) => '../'.repeat(i + 1));
  const inside = room === 'adapters' ? ['!./**'] : [];
  return {
    files: room === 'adapters' ? ['src/adapters/*.ts'] : [`src/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                '*',
                '!./**',
                '!../**',
                ...inside,
                ...may.packages.map((name) => `!${name}`),
                ...ups.flatMap((up) => entries.map((file) => `${up}${file}`)),
                ...ups.map((up) => `${up}*/**`),
                ...(may.folders ?? []).map((folder) => `!../${folder}/**`),
                ...ups.flatMap((up) => may.rooms.map((name) => `!${up}${name}/**`)),
              ],
              message: `src/${room} may import only: ${[...may.rooms, ...may.packages].join(', ') || 'nothing'} (tools/rooms.ts).`,
            },
          ],
        },
      ],
    },
  };
});

const timers = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
];

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  ignorePatterns: ['dist/**', 'node_modules/**', 'test/rig/servers/**'],
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true, allowDefaultCaseForExhaustiveSwitch: true },
    ],
    'typescript/only-throw-error': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/explicit-module-boundary-types': 'error',
    'typescript/no-deprecated': 'error',
    'typescript/no-unnecessary-condition': 'off',
    'typescript/prefer-readonly-parameter-types': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/no-unnecessary-type-assertion': 'error',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-unassigned-import': 'off',
    // fast-check is documented and read as `fc.…`.
    'import/no-named-as-default-member': 'off',
    'oxc/no-map-spread': 'off',
    'oxc/no-barrel-file': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/no-array-sort': 'off',
    'unicorn/no-array-reverse': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/prefer-add-event-listener': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'no-await-in-loop': 'off',
    'no-console': 'error',
    'node/no-process-env': 'error',
    'no-restricted-globals': ['error', ...timers],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: 'take a Clock (runtime/clock.ts)' },
      { object: 'Math', property: 'random', message: 'take a Random (runtime/random.ts)' },
    ],
    'no-shadow': 'off',
    'consistent-return': 'off',
    'typescript/consistent-return': 'off',
    'no-underscore-dangle': 'off',
    'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    'max-params': ['error', { max: 4 }],
    'max-depth': ['error', { max: 4 }],
    complexity: ['error', { max: 14 }],
  },
  overrides: [
    ...layering,
    {
      files: ['src/runtime/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts', 'examples/*.ts'],
      rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
    },
    {
      files: ['src/main.ts', 'test/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts', 'examples/*.ts'],
      rules: { 'node/no-process-env': 'off', 'no-console': 'off' },
    },
    {
      files: ['test/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts', '*.config.ts'],
      rules: {
        'max-lines': ['error', { max: 500 }],
        'max-lines-per-function': 'off',
        'typescript/no-floating-promises': [
          'error',
          {
            allowForKnownSafeCalls: [
              { from: 'package', name: ['describe', 'it', 'test', 'suite'], package: 'node:test' },
            ],
          },
        ],
        'typescript/explicit-module-boundary-types': 'off',
        'typescript/unbound-method': 'off',
        'import/no-default-export': 'off',
      },
    },
  ],
});
