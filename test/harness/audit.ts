import { CommandLine, type Outcome } from './command-line';
import { APP_KEY } from './dialplane';
import { type Site } from './site';

export interface AuditedEntry {
  seq: number;
  at: string;
  actor: {
    kind: string;
    name: string;
    token_id: number | null;
    address: string | null;
    request_id: string | null;
  };
  action: string;
  resource_type: string;
  resource: string;
  changes: Record<string, { before: unknown; after: unknown }>;
  freeswitch: { status: string; nodes: { node: string; status: string }[] } | null;
  hash: string;
}

export interface AuditList {
  data: AuditedEntry[];
  total: number;
}

/** What the site's administrator is told; `query` with its question mark. */
export async function auditOf({ dialplane, tenant }: Site, query = ''): Promise<AuditList> {
  return (await dialplane.api<AuditList>(tenant.token, 'GET', `/audit${query}`)).body;
}

/** `dialplane audit verify`, as another program on the database. */
export async function verifyAudit(url: string): Promise<Outcome> {
  const commandLine = new CommandLine({ APP_KEY, DATABASE_URL: url });
  const outcome = await commandLine.run(['audit', 'verify']);
  await commandLine.stop();
  return outcome;
}
