'use strict';

// The live suite: a real FreeSWITCH, real SIP phones (sipp) and the built program. Run by `npm run test:live`.
module.exports = {
  ...require('../../jest.config.js'),
  rootDir: '../..',
  roots: ['<rootDir>/test/live'],
  testMatch: ['**/*.live.ts'],
  // The everyday suite leaves this folder out by this list.
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
