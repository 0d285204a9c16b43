// One configuration for every project; tools/jest passes the root folder and the kind of test.
import { join } from 'node:path';

const swc = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // In the clone: the folder for temporary files is another one with each run of tools/test.
  cacheDirectory: join(import.meta.dirname, 'node_modules/.cache/jest'),
  reporters: ['default', join(import.meta.dirname, 'tools/jest-exit-guard.mjs')],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Tests run against the sources of the libraries: no build first.
  testEnvironmentOptions: { customExportConditions: ['@tally/source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': ['@swc/jest', swc],
  },
  modulePathIgnorePatterns: ['/dist/', '/bundle/'],
};
