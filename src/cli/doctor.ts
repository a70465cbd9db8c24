import { type DataSource } from 'typeorm';
import { AuditService } from '../events/audit/audit.service';
import { withDeadline } from '../core/deadline';
import { isoTime } from '../core/time';
import { hasAppKey, InstallationSecrets, loadSecrets } from '../platform/config/secret-files';
import { Settings } from '../platform/config/settings';
import { createDataSource } from '../platform/database/data-source';
import { Transactions } from '../platform/database/transactions';
import { EslClient } from '../freeswitch/esl-client';
import { registrationsOf, type XmlCurlBinding, xmlCurlBindings } from '../freeswitch/commands';
import { type NodeAddress } from '../freeswitch/node-address';
import { type UnknownNode, unknownNodes } from '../schema/unknown-node.entity';
import { NodesService } from '../nodes/registry/nodes.service';
import { CannotUnseal, SealedBox } from '../platform/secrets/sealed-box';
import { callerIdWarnings } from './doctor-caller-ids';
import { emergencyWarnings } from './doctor-emergency';
import { mailboxWarnings } from './doctor-mailboxes';
import { keyFits, settingsHere } from './installation';
import { type Printed } from './print';

const NODE_DEADLINE_MS = 5_000;
const PROBE_DEADLINE_MS = 3_000;
const PATH = '/freeswitch/directory';

interface Check {
  name: string;
  ok: boolean;
  /** It does not fail, but asks for something to be done. */
  warning?: true;
  /** What was seen, and what to do where that is not good. */
  says: string;
}

/** A check must not create one: beside an empty database it would look like that of a lost installation. */
const NO_KEY: Check = {
  name: 'APP_KEY',
  ok: false,
  says: 'is neither set nor in data/app.key; the first start creates it: npm start',
};

/** One line per check; exit 1 when one fails. */
export async function doctor(): Promise<Printed> {
  const settings = settingsHere();
  const checks = hasAppKey(settings) ? await allChecks(settings) : [NO_KEY];
  return {
    lines: checks.map((check) => `${wordOf(check)}  ${check.name}: ${check.says}`),
    json: { ok: checks.every(({ ok }) => ok), checks },
    failed: checks.some(({ ok }) => !ok),
  };
}

const wordOf = ({ ok, warning }: Check): string => (!ok ? 'FAIL' : warning ? 'warn' : 'ok  ');

async function allChecks(settings: Settings): Promise<Check[]> {
  const secrets = loadSecrets(settings);
  const database = await databaseChecks(settings, secrets);
  const checks = [...database.checks, credentials(settings, secrets)];
  // A start fills an empty table from the setting.
  const nodes: KnownNode[] =
    database.nodes.length > 0
      ? database.nodes
      : settings.nodes.map((address) => ({ address, draining: false }));
  if (nodes.length === 0) {
    const says = 'there is no node; add one: npx dialplane node add NAME esl://:password@host:port';
    checks.push({ name: 'freeswitch', ok: true, says });
  }
  for (const node of nodes) checks.push(...(await nodeChecks(node, settings, secrets)));
  checks.push(...database.unknown);
  return checks;
}

interface KnownNode {
  address: NodeAddress;
  draining: boolean;
}

async function databaseChecks(
  settings: Settings,
  secrets: InstallationSecrets,
): Promise<{ checks: Check[]; nodes: KnownNode[]; unknown: Check[] }> {
  const kind = settings.sqlitePath === null ? 'MariaDB/MySQL' : `sqlite at ${settings.sqlitePath}`;
  let dataSource: DataSource;
  try {
    dataSource = await createDataSource(settings).initialize();
  } catch (error) {
    const check = failed('database', error, 'check DATABASE_URL and that the server runs');
    return { checks: [check], nodes: [], unknown: [] };
  }
  try {
    const checks: Check[] = [{ name: 'database', ok: true, says: kind }];
    const pending = await dataSource.showMigrations();
    const says = pending ? 'some are missing; run: npx dialplane migrate' : 'all applied';
    checks.push({ name: 'migrations', ok: !pending, says });
    if (pending) return { checks, nodes: [], unknown: [] };
    checks.push(await appKey(dataSource, secrets));
    checks.push(...warnings('mailboxes', await mailboxWarnings(dataSource, secrets)));
    checks.push(...warnings('emergency numbers', await emergencyWarnings(dataSource)));
    checks.push(...warnings('caller IDs', await callerIdWarnings(dataSource)));
    const unknown = (await unknownNodes(dataSource.manager)).map(unknownCheck);
    return { checks, nodes: await knownNodes(dataSource, secrets), unknown };
  } catch (error) {
    const check = failed('migrations', error, 'run: npx dialplane migrate');
    return { checks: [check], nodes: [], unknown: [] };
  } finally {
    await dataSource.destroy();
  }
}

function unknownCheck({ hostname, address, lastAskedAt }: UnknownNode): Check {
  const says =
    `asked for users, last at ${isoTime(lastAskedAt)}, and is not among the nodes, so it receives no changes; ` +
    'add it (npx dialplane node add NAME URL), or remove its xml_curl binding';
  return { name: `unknown node ${hostname} at ${address}`, ok: true, warning: true, says };
}

/** None while APP_KEY does not open their passwords, which has a check of its own. */
async function knownNodes(dataSource: DataSource, secrets: InstallationSecrets): Promise<KnownNode[]> {
  const transactions = new Transactions(dataSource);
  const audit = new AuditService(secrets, transactions);
  const nodes = new NodesService(dataSource, transactions, audit, new SealedBox(secrets.appKey));
  try {
    const rows = await nodes.list();
    return rows.map((row) => ({ address: nodes.addressOf(row), draining: row.status === 'draining' }));
  } catch (error) {
    if (error instanceof CannotUnseal) return [];
    throw error;
  }
}

async function appKey(dataSource: DataSource, secrets: InstallationSecrets): Promise<Check> {
  const ok = await keyFits({ dataSource, secrets });
  return {
    name: 'APP_KEY',
    ok,
    says: ok ? 'opens the database' : 'is not the key that this database was written with',
  };
}

function warnings(name: string, sentences: readonly string[]): Check[] {
  return sentences.map((says) => ({ name, ok: true, warning: true, says }));
}

function credentials(settings: Settings, secrets: InstallationSecrets): Check {
  const says = `FreeSWITCH logs in as ${settings.XML_CURL_USERNAME} with ${secrets.xmlCurlPassword}`;
  return { name: 'xml_curl credentials', ok: true, says };
}

async function nodeChecks(
  { address, draining }: KnownNode,
  settings: Settings,
  secrets: InstallationSecrets,
): Promise<Check[]> {
  const name = `node ${address.name}`;
  const node = new EslClient(address, { log: { info: () => undefined, warn: () => undefined } });
  try {
    await ready(node);
  } catch {
    const why = node.snapshot().lastError ?? 'no answer';
    return [
      {
        name,
        ok: false,
        says: `${why}; check its address (npx dialplane node list), event_socket.conf and its ACL`,
      },
    ];
  } finally {
    if (node.status !== 'ready') await node.stop();
  }
  try {
    const says = `event socket answers at ${address.host}:${address.port}${draining ? '; draining' : ''}`;
    const checks: Check[] = [{ name, ok: true, says }];
    for (const profile of settings.sipProfiles) checks.push(await profileCheck(node, profile));
    checks.push(...(await bindingChecks(node, settings, secrets)));
    return checks;
  } finally {
    await node.stop();
  }
}

async function ready(node: EslClient): Promise<void> {
  const isReady = new Promise<void>((resolve, reject) => {
    node.onStatus((status) => {
      if (status === 'ready') resolve();
      if (status === 'waiting') reject(new Error('the first attempt failed'));
    });
  });
  node.start();
  await withDeadline(isReady, NODE_DEADLINE_MS, () => {
    throw new Error('not ready in time');
  });
}

async function profileCheck(node: EslClient, profile: string): Promise<Check> {
  const name = `node ${node.name}, profile ${profile}`;
  try {
    await registrationsOf(node, profile, '000', 'doctor.invalid');
    return { name, ok: true, says: 'runs' };
  } catch (error) {
    return failed(name, error, 'check FREESWITCH_SIP_PROFILES and: sofia status');
  }
}

/** Each binding that FreeSWITCH asks for users must lead to a Dialplane that answers. */
async function bindingChecks(
  node: EslClient,
  settings: Settings,
  secrets: InstallationSecrets,
): Promise<Check[]> {
  const name = `node ${node.name}, xml_curl`;
  try {
    const all = await xmlCurlBindings(node);
    const mine = all.filter(({ bindings }) => bindings.length === 0 || bindings.includes('directory'));
    if (mine.length === 0) {
      const wanted = `http://${settings.HOST}:${settings.PORT}${PATH}`;
      return [{ name, ok: false, says: `no binding for the directory; give it the gateway-url ${wanted}` }];
    }
    const faults = mine.map(
      async (binding) => bindingFault(binding, settings, secrets) ?? (await gatewayFault(binding)),
    );
    return (await Promise.all(faults)).map((wrong, index) => ({
      name: index === 0 ? name : `${name} ${index + 1}`,
      ok: wrong === null,
      says: wrong ?? `${index === 0 ? 'asks' : 'then asks'} ${mine[index]?.gatewayUrl}`,
    }));
  } catch (error) {
    return [failed(name, error, 'check that mod_xml_curl is loaded')];
  }
}

function bindingFault(
  binding: XmlCurlBinding,
  settings: Settings,
  secrets: InstallationSecrets,
): string | null {
  if (!URL.canParse(binding.gatewayUrl) || new URL(binding.gatewayUrl).pathname !== PATH) {
    return `its gateway-url ${binding.gatewayUrl} does not end in ${PATH}`;
  }
  if (binding.credentials !== `${settings.XML_CURL_USERNAME}:${secrets.xmlCurlPassword}`) {
    return 'its gateway-credentials are not the pair above; set them and reload mod_xml_curl';
  }
  return binding.timeout === null
    ? 'it has no timeout: a slow answer would stall the SIP profile; set timeout to 2'
    : null;
}

/** Asks for a user of no domain: Dialplane says "not found", and takes it for no phone that went astray. */
async function gatewayFault(binding: XmlCurlBinding): Promise<string | null> {
  const credentials = Buffer.from(binding.credentials ?? '').toString('base64');
  const body = new URLSearchParams({ section: 'directory', key: 'id', user: '000' });
  try {
    const response = await fetch(binding.gatewayUrl, {
      method: 'POST',
      headers: { Authorization: `Basic ${credentials}` },
      body,
      signal: AbortSignal.timeout(PROBE_DEADLINE_MS),
    });
    const answer = await response.text();
    if (response.ok && answer.includes('<result status="not found"/>')) return null;
    return `${binding.gatewayUrl} answered ${response.status}, not as Dialplane does; does it point here?`;
  } catch (error) {
    return `${binding.gatewayUrl} does not answer (${(error as Error).message}); is Dialplane running there?`;
  }
}

function failed(name: string, error: unknown, toDo: string): Check {
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
  return { name, ok: false, says: `${line}; ${toDo}` };
}
