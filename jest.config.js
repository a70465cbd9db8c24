'use strict';

const { availableParallelism } = require('node:os');

const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

module.exports = {
  testEnvironment: '<rootDir>/test/harness/environment.js',
  roots: ['<rootDir>/src', '<rootDir>/test', '<rootDir>/migrations'],
  testMatch: ['**/*.spec.ts', '**/*.e2e.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/live/', '<rootDir>/test/bench/'],
  moduleFileExtensions: ['ts', 'js', 'json'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '/node_modules/.+\\.[cm]?js$': '<rootDir>/test/harness/packages.js',
    '\\.ts$': ['@swc/jest', swc],
  },
  transformIgnorePatterns: [],
  globalSetup: '<rootDir>/test/harness/global-setup.ts',
  globalTeardown: '<rootDir>/test/harness/global-teardown.ts',
  testTimeout: 600_000,
  // Its modules stay in memory file by file, and collecting them holds up the sockets of the tests.
  workerIdleMemoryLimit: '600MB',
  // Most tests wait for sockets and deadlines as long as for the processor.
  // A number: Jest takes a percentage above 100 for a count.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
};
