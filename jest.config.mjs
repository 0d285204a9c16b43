// One configuration for every project; tools/jest passes the root folder and the kind of test.
import { join } from 'node:path';

const swc = (module) => ({
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: module },
  sourceMaps: 'inline',
});

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  reporters: ['default', join(import.meta.dirname, 'tools/jest-exit-guard.mjs')],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Tests run against the sources of the libraries: no build first.
  testEnvironmentOptions: { customExportConditions: ['@tally/source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': ['@swc/jest', swc('es6')],
    // ESM-only packages that a CommonJS module requires; Jest has no require(esm) on Node 20.
    '/node_modules/(cookie|content-disposition)/.+\\.js$': ['@swc/jest', swc('commonjs')],
  },
  transformIgnorePatterns: ['/node_modules/(?!(cookie|content-disposition)/)'],
  modulePathIgnorePatterns: ['/dist/', '/bundle/'],
};
