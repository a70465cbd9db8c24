#!/usr/bin/env node
'use strict';
// The one file that runs as it is: it builds what is missing or older than its sources, then hands over.
const { spawnSync } = require('node:child_process');
const { readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..', '..');
const built = join(root, 'dist', 'src', 'cli', 'main.js');

function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newest(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  return Math.max(...files.map((name) => timeOf(join(folder, name))));
}

const sources = Math.max(
  newest(join(root, 'src')),
  newest(join(root, 'migrations')),
  timeOf(join(root, 'package.json')),
);
if (timeOf(built) < sources) {
  process.stderr.write('Building…\n');
  const nest = require.resolve('@nestjs/cli/bin/nest.js');
  const { status } = spawnSync(process.execPath, [nest, 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}
require(built);
