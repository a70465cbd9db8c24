/** Where one FreeSWITCH node's event socket listens, and the password it asks for. */
export interface NodeAddress {
  readonly name: string;
  /** A host name or an IP address; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

const FORM = 'must name each node as esl://:password@host:port?name=fs1';
const URL_FORM = 'The url must be esl://:password@host:port';
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
export const NODE_NAME = /^[A-Za-z0-9_.:[\]-]{1,64}$/;
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
      const node = parseNode(entry, (fault) => `${FORM}: node ${index + 1} ${fault}`);
      if (names.has(node.name))
        throw new Error(`must give each node a name of its own: ${node.name} stands twice`);
      names.add(node.name);
      return node;
    });
}

/**
 * Reads the address of one node that has a name already; a `?name=` must be the same.
 * @throws Error with one sentence that never repeats what might be a password.
 */
export function parseNodeUrl(name: string, text: string): NodeAddress {
  const node = parseNode(text, (fault) => `${URL_FORM}: it ${fault}.`);
  if (new URL(text).searchParams.has('name') && node.name !== name)
    throw new Error('The url names another node.');
  return { ...node, name };
}

/** The whole sentence about what is wrong with a node. */
type Sentence = (fault: string) => string;

function parseNode(entry: string, sentence: Sentence): NodeAddress {
  const refuse = (fault: string): never => {
    throw new Error(sentence(fault));
  };
  if (!entry.startsWith('esl://')) refuse('does not begin with esl://');
  const url = URL.canParse(entry) ? new URL(entry) : null;
  if (!url || !HOST.test(url.hostname)) return refuse('has no valid host or port');
  if (url.username !== '') refuse('has a user name, which is not used');
  if (url.port === '' || url.port === '0') refuse('has no port');
  if (!['', '/'].includes(url.pathname) || url.hash !== '') refuse('has more than that');
  const password = decodePassword(url.password, sentence);
  return {
    name: nameOf(url, sentence),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port),
    password,
  };
}

function decodePassword(encoded: string, sentence: Sentence): string {
  if (encoded === '') throw new Error(sentence('has no password'));
  let password: string;
  try {
    password = decodeURIComponent(encoded);
  } catch {
    throw new Error(sentence('has a password that is not percent-encoded'));
  }
  // FreeSWITCH fact: a line break ends a command, so one in the password would begin another.
  if (CONTROL.test(password)) throw new Error(sentence('has a control character in its password'));
  return password;
}

function nameOf(url: URL, sentence: Sentence): string {
  const keys = [...url.searchParams.keys()];
  if (keys.some((key) => key !== 'name') || keys.length > 1) {
    throw new Error(sentence('has a parameter other than one name'));
  }
  const name = url.searchParams.get('name') ?? url.host;
  if (!NODE_NAME.test(name))
    throw new Error(sentence('has a name with something other than letters, digits and _ . : - in it'));
  return name;
}
