'use strict';

/** Which room may know of which. */
module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      comment: 'Two files that need each other are one file, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'freeswitch-knows-no-tenant',
      comment:
        'The ESL client and the XML writer speak to FreeSWITCH; whose phone it is, is not their matter.',
      severity: 'error',
      from: { path: '^src/freeswitch/' },
      to: { path: '^src/', pathNot: '^src/freeswitch/' },
    },
    {
      name: 'nothing-imports-a-controller',
      severity: 'error',
      from: { pathNot: '^src/app[.]module[.]ts$' },
      to: { path: '[.]controller[.]ts$' },
    },
    {
      name: 'rules-stay-pure',
      comment: 'Numbers, passwords, XML, states: plain functions, with no Nest, TypeORM or socket in them.',
      severity: 'error',
      from: {
        path: [
          '^src/common/(rules|time|pause|same-secret|deadline|errors|etag|counted|csv|columns)[.]ts$',
          '^src/sip-credentials/(a1-hash|password|weak-password|sealed-box)[.]ts$',
          '^src/freeswitch/(xml|names|contact|node-address|registrations-xml|sofia-events|device-id|call-id|lines)[.]ts$',
          '^src/directory/(user-xml|encoded-words|group-xml|lookup-request|last-answers|misses)[.]ts$',
          '^src/database/(codes|unavailable)[.]ts$',
          '^src/docs/(openapi|operation-id|examples|every-operation|nullable-enums)[.]ts$',
          '^src/(caller-ids/(phone-number|number-kind)|tenants/(sip-domain|emergency-numbers)|auth/(token|roles))[.]ts$',
          '^src/extensions/(extension-number|free-numbers|voicemail-rules)[.]ts$',
          '^src/registrations/(registration-state|node-state|node-registrations|device|contact-to-end|oldest-devices|damping|change-log)[.]ts$',
          '^src/audit/(actor|chain|changes)[.]ts$',
          '^src/nodes/(asker|standing)[.]ts$',
          '^src/rate-limits/(sliding-window|subject)[.]ts$',
          '^src/idempotency/(kept-answer|fingerprint)[.]ts$',
          '^src/imports/(import-rows|judgement|edits|turns)[.]ts$',
          '^src/diagnosis/(facts|verdict|registered|words|sightings|recent|kept-text)[.]ts$',
        ],
      },
      to: {
        path: ['node_modules/(@nestjs|typeorm|mysql2|fastify|modesl)', '^(net|node:net|http|node:http)$'],
      },
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
