import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** What each folder of `src/` may import besides itself; arrows never turn back (docs/how-it-works.md, "Layers"). */
const mayImport = {
  domain: [],
  runtime: ['domain'],
  config: ['domain', 'runtime'],
  northbound: ['domain', 'runtime'],
  neutron: ['domain', 'runtime'],
  nova: ['domain', 'runtime'],
  agent: ['domain', 'runtime', 'northbound/northbound.js'],
  tracing: ['domain', 'runtime'],
  server: ['domain', 'runtime', 'northbound/northbound.js', 'neutron/neutron.js', 'nova/nova.js'],
  views: ['domain', 'runtime', 'northbound/northbound.js', 'neutron/neutron.js', 'neutron/story.js'],
  http: ['domain', 'runtime', 'views', 'northbound/northbound.js', 'neutron/neutron.js'],
  simulator: ['domain', 'runtime', 'northbound', 'neutron', 'nova', 'agent', 'server'],
};
const folders = [...Object.keys(mayImport), 'cli'];

const layers = Object.entries(mayImport).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...folders
            .filter((other) => other !== folder && !allowed.includes(other))
            .map((other) => ({
              group: [
                `**/${other}/**`,
                ...allowed.filter((path) => path.startsWith(`${other}/`)).map((path) => `!**/${path}`),
              ],
              message: `src/${folder} stands below src/${other}.`,
            })),
          ...(folder === 'domain' ? [{ group: ['node:*'], message: 'The domain is pure.' }] : []),
        ],
      },
    ],
  },
}));

const injected = 'Time and chance are injected: take a Clock or a Random (src/runtime).';

export default tseslint.config(
  { ignores: ['dist/', 'dist-bench/', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // In-memory drivers fulfil asynchronous interfaces; a signal may be aborted during any await.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/**/*.ts'],
    // main.ts is where the process is: it reads the environment and hands it down.
    ignores: ['src/runtime/**', 'src/cli/main.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: injected },
        { object: 'Math', property: 'random', message: injected },
        { object: 'performance', property: 'now', message: injected },
        {
          object: 'process',
          property: 'env',
          message: 'The environment is read by the CLI once and handed down.',
        },
      ],
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({
          name,
          message: injected,
        })),
      ],
      'no-console': 'error',
    },
  },
  ...layers,
  {
    // What judges must not be misled by what is judged.
    files: [
      'src/simulator/histories/{oracle,oracle-facts,oracle-words,history}.ts',
      'tests/chaos/verdict.ts',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\./(history|oracle-facts|oracle-words)\\.js$)',
              message: 'The oracle knows nothing of the product.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', AbortSignal: 'readonly' },
    },
  },
);
