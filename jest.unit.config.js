'use strict';

// The tests that stand beside the code: no database, no server, seconds. Run by `npm run test:unit`.
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['**/*.spec.ts'],
  globalSetup: undefined,
  globalTeardown: undefined,
};
