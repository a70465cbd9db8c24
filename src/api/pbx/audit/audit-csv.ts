import { csvLines } from '../../../core/csv';
import { type AuditEntryDto } from './audit.dto';

const HEADER = [
  ...['seq', 'at', 'actor_kind', 'actor_id', 'actor', 'token_id', 'address', 'request_id'],
  ...['action', 'resource_type', 'resource', 'changes', 'freeswitch', 'hash'],
];
export const AUDIT_HEADER = csvLines([HEADER]);

/** The entries as lines under AUDIT_HEADER; `changes` and `freeswitch` are JSON. */
export function auditLines(entries: readonly AuditEntryDto[]): string {
  return csvLines(
    entries.map(({ seq, at, actor, action, resource_type, resource, changes, freeswitch, hash }) => [
      ...[String(seq), at, actor.kind, String(actor.id ?? ''), actor.name],
      ...[String(actor.token_id ?? ''), actor.address ?? '', actor.request_id ?? ''],
      ...[action, resource_type, resource, json(changes)],
      ...[freeswitch ? json(freeswitch) : '', hash],
    ]),
  );
}

/** Without a `;`, behind which a spreadsheet might find a formula: a `'` there would be part of a value. */
const json = (value: unknown): string => JSON.stringify(value).replaceAll(';', '\\u003b');
