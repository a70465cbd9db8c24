'use strict';

/** The rooms of src, each resting only on those before it. */
const ROOMS = [
  'core',
  'freeswitch',
  'schema',
  'platform',
  'events',
  'accounts',
  'nodes',
  'pbx',
  'api',
  'cli',
];
/** Rooms that know less than their place would allow. */
const KNOWS_ONLY = { freeswitch: ['core'], schema: ['core'] };

const folders = (rooms) => `^src/(${rooms.join('|')})/`;
const SOCKETS = ['^(node:)?(net|tls|http|https|dgram)$'];

const directions = ROOMS.map((room, place) => {
  const known = [room, ...(KNOWS_ONLY[room] ?? ROOMS.slice(0, place))];
  const also = room === 'cli' ? ['^src/(main|app[.]module)[.]ts$'] : [];
  return {
    name: `${room}-rests-on-lower-rooms`,
    comment: `src/${room} may import ${known.join(', ')}; upwards goes by an event or a callback.`,
    severity: 'error',
    from: { path: folders([room]), pathNot: '[.]spec[.]ts$' },
    to: { path: '^src/', pathNot: [folders(known), ...also] },
  };
});

/** Which room may know of which. */
module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one file, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'core-is-plain-typescript',
      comment: 'Rules are plain functions: no Nest, TypeORM, socket or environment in them.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: ['node_modules/(@nestjs|typeorm|mysql2|libsql|fastify|modesl|@redis)', ...SOCKETS] },
    },
    {
      name: 'only-the-api-speaks-http',
      comment: 'Controllers, DTOs, OpenAPI and Fastify stay in src/api.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(api/|cli/openapi[.]ts$|app([.]module)?[.]ts$|main[.]ts$)' },
      to: {
        path: ['node_modules/(@nestjs/swagger|@nestjs/platform-fastify|fastify|@fastify)/', '[.]dto[.]ts$'],
      },
    },
    {
      name: 'dialects-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/api/(pbx|auth|platform|switch|ops|laracopilot|cisisk)/' },
      to: { path: '^src/api/', pathNot: ['^src/api/(edge|$1)/'] },
    },
    {
      name: 'nothing-imports-a-controller',
      severity: 'error',
      from: { pathNot: '[.]module[.]ts$' },
      to: { path: '[.]controller[.]ts$' },
    },
    {
      name: 'only-the-client-knows-modesl',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/freeswitch/' },
      to: { path: 'node_modules/modesl' },
    },
    {
      name: 'sources-do-not-import-tests',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '[.]spec[.]ts$' },
      to: { path: '^test/' },
    },
    {
      name: 'nothing-imports-the-command-line-but-the-start',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|main[.]ts$)' },
      to: { path: '^src/cli/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
