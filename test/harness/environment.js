'use strict';

const { createRequire } = require('node:module');
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/** Stands for "no context of its own", of which Jest has no name. */
const NO_CONTEXT = {};

const { compileFunction } = vm;
vm.compileFunction = (code, parameters, { parsingContext, ...options }) =>
  compileFunction(code, parameters, parsingContext === NO_CONTEXT ? options : { parsingContext, ...options });

/**
 * Runs a test file in the realm of its process, where the packages of node_modules are loaded once for all test
 * files (see packages.js): in a realm for each file, Jest would load their 1,600 modules anew 80 times. Sources and
 * tests are still loaded for each file.
 */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global = globalThis;
    this.global.requirePackage = createRequire(__filename);
  }

  getVmContext() {
    return NO_CONTEXT;
  }
};
