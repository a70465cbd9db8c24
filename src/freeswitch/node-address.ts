/** Where one FreeSWITCH node's event socket listens, and the password it asks for. */
export interface NodeAddress {
  readonly name: string;
  /** A host name or an IP address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

const FORM = 'must name each node as esl://:password@host:port?name=fs1';
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const NAME = /^[A-Za-z0-9_.:[\]-]{1,64}$/;
const CONTROL = /\p{Cc}/u;

/**
 * Reads the setting FREESWITCH_NODES: nodes separated by spaces, each `esl://:password@host:port`, the
 * password percent-encoded, with an optional `?name=`; a node's name is `host:port` unless one is given.
 * An empty text means no nodes.
 * @throws Error with one sentence that counts nodes from 1 and never repeats what might be a password.
 */
export function parseNodes(text: string): NodeAddress[] {
  const names = new Set<string>();
  return text
    .split(/\s+/)
    .filter((entry) => entry !== '')
    .map((entry, index) => {
      const node = parseNode(entry, `node ${index + 1}`);
      if (names.has(node.name))
        throw new Error(`must give each node a name of its own: ${node.name} stands twice`);
      names.add(node.name);
      return node;
    });
}

function parseNode(entry: string, which: string): NodeAddress {
  if (!entry.startsWith('esl://')) throw new Error(`${FORM}: ${which} does not begin with esl://`);
  const url = URL.canParse(entry) ? new URL(entry) : null;
  if (!url || !HOST.test(url.hostname)) throw new Error(`${FORM}: ${which} has no valid host or port`);
  if (url.username !== '') throw new Error(`${FORM}: ${which} has a user name, which is not used`);
  if (url.port === '' || url.port === '0') throw new Error(`${FORM}: ${which} has no port`);
  if (!['', '/'].includes(url.pathname) || url.hash !== '')
    throw new Error(`${FORM}: ${which} has more than that`);
  const password = decodePassword(url.password, which);
  return {
    name: nameOf(url, which),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port),
    password,
  };
}

function decodePassword(encoded: string, which: string): string {
  if (encoded === '') throw new Error(`${FORM}: ${which} has no password`);
  let password: string;
  try {
    password = decodeURIComponent(encoded);
  } catch {
    throw new Error(`${FORM}: the password of ${which} is not percent-encoded`);
  }
  // FreeSWITCH fact: a line break ends a command, so one in the password would begin another.
  if (CONTROL.test(password)) throw new Error(`${FORM}: the password of ${which} has a control character`);
  return password;
}

function nameOf(url: URL, which: string): string {
  const keys = [...url.searchParams.keys()];
  if (keys.some((key) => key !== 'name') || keys.length > 1) {
    throw new Error(`${FORM}: ${which} has a parameter other than one name`);
  }
  const name = url.searchParams.get('name') ?? url.host;
  if (!NAME.test(name))
    throw new Error(`${FORM}: the name of ${which} may hold letters, digits and _ . : - only`);
  return name;
}
