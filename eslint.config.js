import js from '@eslint/js';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

const TESTS = ['**/*.test.ts', '**/*.test.tsx', '**/*.test.mjs', '**/tests/**', '**/testing/**', '**/testing.ts', '**/fixtures/**'];
/** The few places that may read the environment: each starts a process. All else is told by `core/config`. */
const COMPOSITION_ROOTS = ['workers/**', 'cli/**', 'scripts/**', 'examples/**', 'programs/build.mjs', '*.config.*'];
const NODE_BUILTINS = [...builtinModules.filter((name) => !name.startsWith('_')), 'node:*'];
const NODE_GLOBALS = Object.fromEntries(
  ['process', 'console', 'performance', 'fetch', 'URL', 'AbortSignal', 'AbortController', 'Buffer', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'TextDecoder', 'TextEncoder', 'require', 'module'].map((name) => [name, 'readonly']),
);

export default tseslint.config(
  { ignores: ['node_modules', '.cyxwiz', 'proto/gen', '**/build/**', '**/target/**', 'db/**/migrations/**', 'coverage'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/only-throw-error': 'error',
      // Our objects are closures in plain interfaces: their methods do not depend on `this`.
      '@typescript-eslint/unbound-method': 'off',
      // An async function without await is how a function says that it may come to wait.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'Use a union of strings: it needs no code at run time.' }],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: NODE_GLOBALS },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
  },
  {
    rules: {
      'max-lines': ['error', { max: 500 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'off',
      // `== null` asks for null and undefined at once, and is meant to.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  { files: TESTS, rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    ignores: [...COMPOSITION_ROOTS, ...TESTS],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Only composition roots read the environment; take what you need as a parameter.' }],
    },
  },
  // Remix answers by throwing a Response: a redirect, a 404.
  { files: ['web/app/**'], rules: { '@typescript-eslint/only-throw-error': 'off' } },
  {
    // Workflow code is run again from history: it may see no clock, disk, network or randomness of the machine.
    files: ['workflows/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: NODE_BUILTINS, message: 'A workflow can not use Node: put it into an activity.' }] }],
      'no-restricted-globals': ['error', 'process', 'fetch', 'performance', 'require'],
    },
  },
  {
    // The domain knows no machine: what needs Node, a clock or randomness is given to it.
    files: ['core/**/*.ts'],
    ignores: TESTS,
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: NODE_BUILTINS, message: 'core has no Node in it.' }] }],
      'no-restricted-globals': ['error', 'process', 'fetch', 'performance', 'setTimeout', 'setInterval'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'core has no clock: take the time as a parameter.' },
        { object: 'Math', property: 'random', message: 'core has no randomness: take it as a parameter.' },
      ],
    },
  },
);
