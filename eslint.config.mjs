import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** What each kind of project may import. */
const BOUNDARIES = {
  'type:app': ['type:core', 'type:contracts', 'type:infra'],
  'type:infra': ['type:infra', 'type:core', 'type:contracts'],
  'type:core': ['type:core', 'type:contracts'],
  'type:contracts': ['type:contracts'],
  'type:sdk': ['type:sdk', 'type:core', 'type:contracts'],
  'type:testing': ['type:core', 'type:contracts'],
  'type:system': [
    'type:system',
    'type:infra',
    'type:core',
    'type:contracts',
    'type:sdk',
    'type:testing',
  ],
};

const boundaries = (extra = []) => [
  'error',
  {
    enforceBuildableLibDependency: false,
    allow: [],
    depConstraints: Object.entries(BOUNDARIES).map(([sourceTag, allowed]) => ({
      sourceTag,
      onlyDependOnLibsWithTags: [...allowed, ...extra],
    })),
  },
];

/** Core stays free of frameworks and of I/O, so that its rules can be tested with `new`. */
const CORE_BANS = [
  '@nestjs/*',
  'pg',
  'kafkajs',
  'ioredis',
  'zookeeper',
  'node:net',
  'node:http',
  'node:dgram',
  'node:tls',
];

/** Habits of CONTRIBUTING.md that a machine can see. */
const ONE_LOG_FIELD = {
  selector:
    "CallExpression[callee.property.name=/^(debug|info|warn|error|fatal)$/] > ObjectExpression > Property[key.name='err']",
  message: 'the field of an error in the log is `error`',
};
const ENVIRONMENT_IN_ONE_PLACE = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'only config.ts, through loadConfig of service-kit, reads the environment',
};
const NO_RETRY_LOOP = {
  selector:
    ':matches(WhileStatement, DoWhileStatement, ForStatement) AwaitExpression > :matches(CallExpression[callee.name=/^(delay|sleep|setTimeout)$/], CallExpression[callee.property.name="catch"][callee.object.callee.name=/^(delay|sleep|setTimeout)$/])',
  message: 'waiting and trying again is what @tally/resilience does',
};
const NO_LITERAL_SPREAD = {
  selector: 'ObjectExpression > SpreadElement > ObjectExpression',
  message: 'write the fields, one a line',
};

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      '**/bundle',
      '**/test-results',
      '**/node_modules',
      'libs/contracts/src/generated',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(),
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', caughtErrors: 'none', varsIgnorePattern: '^_' },
      ],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400 }],
      'no-restricted-syntax': ['error', ONE_LOG_FIELD, NO_LITERAL_SPREAD],
    },
  },
  {
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/testing/**', 'libs/resilience/**', 'libs/cli/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ONE_LOG_FIELD,
        NO_LITERAL_SPREAD,
        NO_RETRY_LOOP,
        ENVIRONMENT_IN_ONE_PLACE,
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries(['type:testing']) },
  },
  {
    files: ['libs/{kafka-wire,segment-log,placement,counting,resilience,sketches}/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: CORE_BANS, message: 'type:core has no framework and no I/O' }] },
      ],
    },
  },
  {
    // The core of the SDK runs in browsers: it uses what they and Node share, and no package.
    files: ['libs/client/src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/client/src/journal/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [{ regex: '^[^.]|/journal/', message: 'the core of the SDK runs in browsers' }],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'Buffer', 'require', 'global', 'setImmediate'],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' },
    },
  },
);
