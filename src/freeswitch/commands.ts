import { XMLParser } from 'fast-xml-parser';
import { quotedCallId } from './call-id';
import { EslBadArgument, EslUnexpectedReply, EslUnknownProfile } from './esl-errors';
import { Lines } from './lines';
import { accountsOf, PROFILE_NAME } from './names';
import {
  type Registration,
  readRegistrations,
  RegistrationsReader,
  UnreadableList,
} from './registrations-xml';

export type { Registration } from './registrations-xml';

/** A node that answers `api` commands; EslClient is one. */
export interface CommandNode {
  api(command: string, deadlineMs?: number): Promise<string>;
}

/** A node that hands over a long answer in pieces; EslClient is one. */
export interface StreamNode {
  stream(command: string, take: (piece: Buffer) => void, signal: AbortSignal): Promise<void>;
}

const USER = /^[0-9]{3,10}$/;
/** FreeSWITCH fact: its user cache joins user and domain without a separator; digits meet no letter. */
const DOMAIN = /^(?=[A-Za-z])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;
const LONGEST_DOMAIN = 253;

/**
 * Takes one user out of the node's user cache. A lookup that is under way may put the old answer back.
 * @returns how many entries were there, 0 or 1.
 */
export async function flushUser(node: CommandNode, user: string, domain: string): Promise<number> {
  const command = `xml_flush_cache id ${validUser(user)} ${validDomain(domain)}`;
  const reply = await node.api(command);
  const count = /^\+OK cleared (\d+) entr(?:y|ies)\s*$/.exec(reply)?.[1];
  if (count === undefined) throw new EslUnexpectedReply(command, reply);
  return Number(count);
}

/**
 * Whether the node would let the user authenticate: it looks in its cache, then asks its xml_curl backend.
 * False also when the backend could not be asked.
 * @param deadlineMs when given, in place of the node's default; a backend may be slow.
 */
export async function userExists(
  node: CommandNode,
  user: string,
  domain: string,
  deadlineMs?: number,
): Promise<boolean> {
  const command = `user_exists id ${validUser(user)} ${validDomain(domain)}`;
  const reply = (await node.api(command, deadlineMs)).trim();
  if (reply !== 'true' && reply !== 'false') throw new EslUnexpectedReply(command, reply);
  return reply === 'true';
}

/**
 * Drops every contact of the user from the profile; FreeSWITCH says +OK whether there was one or not, and
 * fires `sofia::expire` for each.
 * @throws EslUnknownProfile
 */
export async function dropContacts(
  node: CommandNode,
  profile: string,
  user: string,
  domain: string,
): Promise<void> {
  for (const account of accountsOf(validUser(user), validDomain(domain))) {
    // FreeSWITCH fact: without U@D this empties the whole profile, with a bare domain the whole tenant.
    await flushInboundReg(node, profile, account);
  }
}

/**
 * Drops what registered with the Call-ID. It drops more where whyNotAlone() has something to say.
 * @throws EslBadArgument for a Call-ID that cannot be sent in a command; EslUnknownProfile
 */
export async function dropCallId(node: CommandNode, profile: string, callId: string): Promise<void> {
  await flushInboundReg(node, profile, validCallId(callId));
}

/**
 * How many registrations are filed under what FreeSWITCH reads in a Call-ID: an account, or a domain.
 * @throws as dropCallId; EslUnexpectedReply
 */
export async function rowsUnder(node: CommandNode, profile: string, callId: string): Promise<number> {
  return (await rowsFiledUnder(node, profile, validCallId(callId))).length;
}

async function flushInboundReg(node: CommandNode, profile: string, whose: string): Promise<void> {
  const command = `sofia profile ${validProfile(profile)} flush_inbound_reg ${whose}`;
  const reply = await node.api(command);
  if (reply.startsWith('Invalid Profile')) throw new EslUnknownProfile(profile);
  if (!reply.startsWith('+OK')) throw new EslUnexpectedReply(command, reply);
}

/**
 * The user's live registrations in the profile, from the profile's own table: `show registrations` still
 * lists a contact that was dropped.
 * @throws EslUnknownProfile; EslUnexpectedReply when any part of the answer is not understood.
 */
export async function registrationsOf(
  node: CommandNode,
  profile: string,
  user: string,
  domain: string,
): Promise<Registration[]> {
  const accounts = accountsOf(validUser(user), validDomain(domain));
  const rows = await Promise.all(accounts.map((account) => rowsOf(node, profile, account)));
  return rows
    .flat()
    .filter((row) => row.authUser === user && row.authRealm === domain && row.expiresInSeconds > 0);
}

async function rowsOf(node: CommandNode, profile: string, account: string): Promise<Registration[]> {
  const rows = await rowsFiledUnder(node, profile, account, account);
  return rows.filter((row) => row.user === account);
}

/** @param whose quoted as it must be; @param account whose rows alone count, as readRegistrations takes it */
async function rowsFiledUnder(
  node: CommandNode,
  profile: string,
  whose: string,
  account?: string,
): Promise<Registration[]> {
  const command = `sofia xmlstatus profile ${validProfile(profile)} user ${whose}`;
  const reply = await node.api(command);
  // FreeSWITCH fact: an unknown profile is told without -ERR.
  if (reply.startsWith('Invalid Profile')) throw new EslUnknownProfile(profile);
  const rows = readRegistrations(reply, profile, account);
  if (!rows) throw new EslUnexpectedReply(command, reply);
  return rows;
}

/**
 * Every registration that the profile holds, whoever's it is, told one by one as the list comes in.
 * @returns how many there were; more than countRegistrations() says: a phone wrote some of them in a header.
 * @throws EslUnknownProfile; EslUnexpectedReply when it is no list, or cut short.
 */
export async function listRegistrations(
  node: StreamNode,
  profile: string,
  see: (row: Registration) => void,
  signal: AbortSignal,
): Promise<number> {
  const command = `sofia xmlstatus profile ${validProfile(profile)} reg`;
  const reader = new RegistrationsReader(profile, see);
  const lines = new Lines((line) => reader.line(line));
  try {
    await node.stream(command, (piece) => lines.push(piece), signal);
    lines.end();
    reader.end();
    return reader.rows;
  } catch (error) {
    if (!(error instanceof UnreadableList)) throw error;
    if (error.line.startsWith('Invalid Profile')) throw new EslUnknownProfile(profile);
    throw new EslUnexpectedReply(command, error.line);
  }
}

/**
 * How many registrations the profile holds.
 * @throws EslUnknownProfile, EslUnexpectedReply
 */
export async function countRegistrations(node: CommandNode, profile: string): Promise<number> {
  const command = `sofia xmlstatus profile ${validProfile(profile)}`;
  const reply = await node.api(command);
  if (reply.startsWith('Invalid Profile')) throw new EslUnknownProfile(profile);
  const count = /^ {4}<registrations>(\d+)<\/registrations>$/m.exec(reply)?.[1];
  if (count === undefined) throw new EslUnexpectedReply(command, reply);
  return Number(count);
}

/** One `<binding>` of a node's xml_curl.conf. */
export interface XmlCurlBinding {
  name: string;
  gatewayUrl: string;
  /** The sections it answers, such as `directory`; empty means all. */
  bindings: string[];
  /** `user:password`, or null. A secret. */
  credentials: string | null;
  /** Seconds; null: FreeSWITCH would wait for ever. */
  timeout: number | null;
}

/**
 * The node's xml_curl bindings as its configuration stands now; mod_xml_curl reads it only when it loads.
 * None when the node has no xml_curl.conf.
 */
export async function xmlCurlBindings(node: CommandNode): Promise<XmlCurlBinding[]> {
  const command = 'xml_locate configuration configuration name xml_curl.conf';
  const reply = await node.api(command);
  if (reply.startsWith("can't find anything")) return [];
  if (!reply.trimStart().startsWith('<configuration'))
    throw new EslUnexpectedReply(command, 'no configuration');
  const document = bindingParser.parse(reply) as BindingDocument;
  return (document.configuration.bindings?.binding ?? []).map(readBinding);
}

interface BindingDocument {
  configuration: { bindings?: { binding?: BindingElement[] } };
}

interface BindingElement {
  name?: string;
  param?: { name?: string; value?: string; bindings?: string }[];
}

const bindingParser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  htmlEntities: true,
  isArray: (name, _path, _leaf, isAttribute) => !isAttribute && (name === 'binding' || name === 'param'),
});

function readBinding(element: BindingElement): XmlCurlBinding {
  const param = (name: string) => element.param?.find((each) => each.name?.toLowerCase() === name);
  const timeout = Number.parseInt(param('timeout')?.value ?? '', 10);
  return {
    name: element.name ?? '',
    gatewayUrl: param('gateway-url')?.value ?? '',
    bindings:
      param('gateway-url')
        ?.bindings?.toLowerCase()
        .match(/[a-z]+/g) ?? [],
    credentials: param('gateway-credentials')?.value ?? null,
    timeout: timeout > 0 ? timeout : null,
  };
}

function validUser(user: string): string {
  if (!USER.test(user)) throw new EslBadArgument('user');
  return user;
}

/** @throws EslBadArgument for what may not stand in a command as a domain */
export function validDomain(domain: string): string {
  if (domain.length > LONGEST_DOMAIN || !DOMAIN.test(domain)) throw new EslBadArgument('domain');
  return domain;
}

function validCallId(callId: string): string {
  const quoted = quotedCallId(callId);
  if (quoted === null) throw new EslBadArgument('Call-ID');
  return quoted;
}

function validProfile(profile: string): string {
  if (!PROFILE_NAME.test(profile)) throw new EslBadArgument('profile');
  return profile;
}
