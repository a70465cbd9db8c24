import { separate } from './arguments';
import type { Directory } from './directory';
import type { EventHeaders } from './events';
import type { Registrar } from './registrar';
import { dialString, type Row, selects, showJson, xmlProfile, xmlStatus } from './registration-table';
import { ampEncode } from './encoding';
import type { Voicemail } from './voicemail';

export interface Node {
  directory: Directory;
  registrar: Registrar;
  voicemail: Voicemail;
  headers: EventHeaders;
  globals: Record<string, string>;
  /** ms */
  now: () => number;
}

type Answer = (node: Node, args: string[]) => string | Promise<string>;

const VERSION = '1.11.1-release git c2c5964 2026-05-26 20:41:26Z 64bit';
const EXISTS_ORIGIN = { file: 'switch_xml.c', function: 'switch_xml_locate_user', line: 2256 };
const DATA_ORIGIN = { file: 'mod_commands.c', function: 'user_data_function', line: 1328 };

const ANSWERS: Record<string, Answer> = {
  status: () =>
    [
      'UP 0 years, 0 days, 0 hours, 0 minutes, 52 seconds, 937 milliseconds, 101 microseconds',
      `FreeSWITCH (Version ${VERSION}) is ready`,
      '10 session(s) since startup',
      '0 session(s) - peak 3, last 5min 3 ',
      '0 session(s) per Sec out of max 500, peak 3, last 5min 3 ',
      '1000 session(s) max',
      'min idle cpu 0.00/72.37',
      'Current Stack Size/Max 240K/8192K',
      '',
    ].join('\n'),
  version: () => `FreeSWITCH Version ${VERSION.replace(' ', '+')}\n`,
  uptime: () => '52\n',
  global_getvar: ({ globals, headers }, [name = '']) =>
    name === 'core_uuid' ? headers.coreUuid : (globals[name] ?? ''),
  switchname: ({ headers }) => headers.switchname,
  xml_flush_cache: flushCache,
  user_exists: userExists,
  user_data: userData,
  xml_locate: xmlLocate,
  sofia: (node, [verb = '', ...args]) =>
    verb === 'xmlstatus'
      ? sofiaXmlStatus(node, args)
      : verb === 'profile'
        ? sofiaProfile(node, args)
        : 'USAGE\n',
  sofia_contact: sofiaContact,
  show,
};

/** Answers one `api` command as FreeSWITCH does. */
export async function answer(node: Node, command: string): Promise<string> {
  // The shell gets its line as it is.
  const [name = '', ...args] = command.startsWith('system ')
    ? ['system', command.slice('system '.length)]
    : separate(command);
  const voicemail = await node.voicemail.answer(name, args);
  if (voicemail !== undefined) return voicemail;
  const known = Object.hasOwn(ANSWERS, name) ? ANSWERS[name] : undefined;
  return known ? known(node, args) : `-ERR ${name} Command not found!\n`;
}

function flushCache({ directory, globals }: Node, [key, user, domain = globals['domain']]: string[]): string {
  const one = key !== undefined && user !== undefined && domain !== undefined;
  // The cache here is keyed `id` only; another key finds nothing.
  const found = one ? (key === 'id' ? directory.cache.remove(user, domain) : 0) : directory.cache.clear();
  return `+OK cleared ${found} entr${found === 1 ? 'y' : 'ies'}\n`;
}

async function userExists({ directory }: Node, [key, user, domain]: string[]): Promise<string> {
  if (!key || !user || !domain) return 'false';
  return (await directory.locate(user, domain, EXISTS_ORIGIN, [])) ? 'true' : 'false';
}

/** `user_data USER@DOMAIN var|param|attr NAME` */
async function userData(
  { directory }: Node,
  [account = '', type = '', name = '']: string[],
): Promise<string> {
  const [user = '', domain = ''] = account.split('@');
  const found = await directory.locate(user, domain, DATA_ORIGIN, [['type', type]]);
  if (!found) return '';
  if (type === 'attr') return name === 'id' ? found.id : '';
  const pairs = type === 'var' ? found.variables : type === 'param' ? found.params : [];
  return pairs.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1] ?? '';
}

function xmlLocate({ directory }: Node, args: string[]): string {
  if (args.join(' ') !== 'configuration configuration name xml_curl.conf' || directory.url === null) {
    return "can't find anything\n";
  }
  const { credentials, url } = directory;
  const param = (name: string, value: string, more = ''): string =>
    `      <param name="${name}" value="${ampEncode(value)}"${more}></param>\n`;
  return [
    '<configuration name="xml_curl.conf" description="cURL XML Gateway">\n',
    '  <bindings>\n',
    '    <binding name="dialplane">\n',
    param('gateway-url', url, ' bindings="directory"'),
    credentials ? param('gateway-credentials', `${credentials.username}:${credentials.password}`) : '',
    param('timeout', '5'),
    '    </binding>\n',
    '  </bindings>\n',
    '</configuration>\n',
  ].join('');
}

function sofiaXmlStatus(
  { registrar, headers, now }: Node,
  [what, profile = '', list, account = '']: string[],
): string {
  if (what !== 'profile') return 'Invalid Syntax!\n';
  const rows = registrar.rows(profile);
  if (!rows) return 'Invalid Profile!\n';
  if (list === undefined) return xmlProfile(profile, rows.length);
  const wanted: (row: Row) => boolean =
    list === 'user' ? selects(account) : (row) => account === '' || row.contact.includes(account);
  return xmlStatus(rows.filter(wanted), headers.switchname, now());
}

function sofiaProfile({ registrar }: Node, [profile = '', verb, ...args]: string[]): string {
  if (!registrar.rows(profile)) return `Invalid Profile [${profile}]`;
  if (verb !== 'flush_inbound_reg') return '-ERR Unknown command!\n';
  const [account] = args;
  if (account === undefined || account.toLowerCase() === 'reboot') {
    registrar.drop(profile, () => true);
    return '+OK flushing all registrations\n';
  }
  // What ends in @ has the host "none".
  const selected = selects(account.endsWith('@') ? `${account}none` : account);
  registrar.drop(profile, (row) => row.callId === account || selected(row));
  return '+OK flushing all registrations matching specified call_id\n';
}

/** There are never any calls here. */
function show({ registrar, headers }: Node, [what = '', ...format]: string[]): string {
  if (!['registrations', 'channels', 'calls'].includes(what) || format.join(' ') !== 'as json')
    return '-USAGE\n';
  return showJson(what === 'registrations' ? [...registrar.core] : [], headers.switchname);
}

function sofiaContact({ registrar }: Node, [text = '']: string[]): string {
  const slash = text.indexOf('/');
  const named = slash === -1 ? '*' : text.slice(0, slash);
  const selected = selects(text.slice(slash + 1));
  const profiles = named === '*' ? registrar.profiles : [named];
  const contacts = profiles.flatMap((profile) =>
    (registrar.rows(profile) ?? []).filter(selected).map((row) => dialString(profile, row)),
  );
  return contacts.join(',') || 'error/user_not_registered';
}
