import { createHmac, hkdfSync } from 'node:crypto';
import { APP_KEY } from './keys';

export type Row = Record<string, string | number | null>;

export const DOMAIN = 'acme.test';
export const USERNAME = 'anna';
const KEY = Buffer.from(APP_KEY, 'base64');
const NOTHING_BEFORE = '0'.repeat(64);

/** In minutes; as TypeORM writes times, in whole seconds. */
export function ago(minutes: number): string {
  const seconds = Math.floor(Date.now() / 1_000) - 60 * minutes;
  return new Date(1_000 * seconds).toISOString().slice(0, 23).replace('T', ' ');
}

interface OldEntry {
  who: [kind: string, id: number | null, name: string, token: number | null];
  what: [action: string, type: string, resource: string];
  changes: object;
  revocations?: [number, number];
}

const SYSTEM: OldEntry['who'] = ['system', null, 'dialplane', null];
const ANNA: OldEntry['who'] = ['user', 2, USERNAME, 2];
const secretChanged = { sip_password: { before: 'set', after: 'changed' } };

/** Of the second chain the first two entries were removed when their time was over. */
const CHAINS: [tenant: number, removed: number, entries: OldEntry[]][] = [
  [
    0,
    0,
    [
      ...[1, 2].map((id): OldEntry => {
        const domain = id === 1 ? DOMAIN : 'beta.test';
        const changes = { id: { before: null, after: id }, domain: { before: null, after: domain } };
        return { who: SYSTEM, what: ['created', 'tenant', domain], changes };
      }),
      { who: ['operator', 1, 'root', 4], what: ['created', 'node', 'fs1'], changes: {} },
    ],
  ],
  [
    1,
    2,
    [
      { who: SYSTEM, what: ['created', 'tenant', DOMAIN], changes: {} },
      { who: ANNA, what: ['created', 'extension', '1001'], changes: {} },
      {
        who: ANNA,
        what: ['created', 'team', 'Bán hàng'],
        changes: { name: { before: null, after: 'Bán hàng' } },
      },
      { who: ANNA, what: ['deleted', 'extension', '1003'], changes: {}, revocations: [1, 1] },
      {
        who: ['token', 1, 'token 1', 1],
        what: ['updated', 'extension', '1002'],
        changes: {},
        revocations: [2, 2],
      },
      { who: ANNA, what: ['password_changed', 'extension', '1001'], changes: secretChanged },
      { who: ANNA, what: ['updated', 'caller_id', '0900000020'], changes: {}, revocations: [3, 3] },
    ],
  ],
  [2, 0, [{ who: SYSTEM, what: ['created', 'tenant', 'beta.test'], changes: {} }]],
];

/** The audit as an older version wrote it: three chains, made with its own formulas. */
export function audit(): { entries: Row[]; chains: Row[] } {
  const key = Buffer.from(hkdfSync('sha256', KEY, Buffer.alloc(0), 'dialplane audit', 32));
  const mac = (fields: unknown[]): string =>
    createHmac('sha256', key).update(JSON.stringify(fields)).digest('hex');
  const entries: Row[] = [];
  const chains: Row[] = [];
  for (const [tenant, removed, all] of CHAINS) {
    const [hashes, at] = [[NOTHING_BEFORE], ago(200)];
    for (const { who, what, changes: fields, revocations: ids = [null, null] } of all) {
      const [seq, before, changes] = [hashes.length, hashes.at(-1), JSON.stringify(fields)];
      const from = ['192.0.2.7', `request-${tenant}-${seq}`];
      const time = Date.parse(`${at}Z`);
      hashes.push(mac([before, tenant, seq, time, ...who, ...from, ...what, changes, ...ids]));
      entries.push({
        ...{ tenant_id: tenant, seq, at, actor_kind: who[0], actor_id: who[1], actor_name: who[2] },
        ...{
          token_id: who[3],
          address: from[0]!,
          request_id: from[1]!,
          action: what[0],
          resource_type: what[1],
        },
        ...{ resource: what[2], changes, first_revocation_id: ids[0], last_revocation_id: ids[1] },
        hash: hashes.at(-1)!,
      });
    }
    const ends = [removed + 1, all.length, hashes[removed]!, hashes.at(-1)!] as const;
    const [first_seq, last_seq, base_hash, last_hash] = ends;
    const seal = mac(['ends', tenant, ...ends]);
    chains.push({ tenant_id: tenant, first_seq, last_seq, base_hash, last_hash, seal });
  }
  const isKept = ({ tenant_id, seq }: Row): boolean => tenant_id !== 1 || Number(seq) > 2;
  return { entries: entries.filter(isKept).map((entry, place) => ({ id: place + 1, ...entry })), chains };
}
