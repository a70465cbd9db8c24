'use strict';
// Builds the sources and the bench into a folder of their own, which no other build clears away, and runs it.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '..', '..');
const built = join(root, 'node_modules', '.cache', 'dialplane-bench');

function run(...parameters) {
  const { status } = spawnSync(process.execPath, parameters, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

run(require.resolve('typescript/bin/tsc'), '-p', join(__dirname, 'tsconfig.build.json'), '--outDir', built);
run(join(built, 'test', 'bench', 'main.js'), ...process.argv.slice(2));
