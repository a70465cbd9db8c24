/** A FreeSWITCH that asks for users, as it names itself. */
export interface Asker {
  hostname: string;
  address: string;
  /** Anew at each of its starts; null when it does not say. */
  coreUuid: string | null;
}

/** A node that we know, as far as it told who it is. */
export interface Identity {
  name: string;
  /** Of its event socket. */
  host: string;
  /** Whether `coreUuid` and `switchname` are those of the session that is up. */
  isCurrent: boolean;
  coreUuid: string | null;
  switchname: string | null;
}

const CORE_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LONGEST_HOSTNAME = 40;

/**
 * Who sent mod_xml_curl's form. FreeSWITCH fact: each names its switch in `hostname`, and all but a few name the
 * run of the program in `Core-UUID`.
 * @returns null for what is no FreeSWITCH, such as `doctor`
 */
export function readAsker(form: Record<string, unknown>, address: string): Asker | null {
  const { hostname, 'Core-UUID': coreUuid } = form;
  if (typeof hostname !== 'string' || hostname === '') return null;
  const isUuid = typeof coreUuid === 'string' && CORE_UUID.test(coreUuid);
  return {
    hostname: hostname.replace(/[^A-Za-z0-9._-]/g, '?').slice(0, LONGEST_HOSTNAME),
    address,
    coreUuid: isUuid ? coreUuid : null,
  };
}

/** Its name where a node's would stand; no node can be called so. */
export function askerName({ hostname, address, coreUuid }: Asker): string {
  const run = coreUuid === null ? '' : ` (${coreUuid.slice(0, 8)})`;
  return `${hostname} at ${address}${run}`;
}

export const isAskerName = (node: string): boolean => node.includes(' ');

/** The node that asks, as far as that is certain. */
export function nodeOf(asker: Asker, nodes: readonly Identity[]): string | null {
  const { coreUuid, hostname } = asker;
  const isIt = (node: Identity): boolean =>
    coreUuid === null ? node.switchname === hostname : node.coreUuid === coreUuid;
  return nodes.find(isIt)?.name ?? null;
}

/** Whether it may be a node that cannot be asked now: one that was started anew, or was not reached yet. */
export function mayBeNode({ hostname, address }: Asker, nodes: readonly Identity[]): boolean {
  return nodes.some(
    ({ name, host, isCurrent, switchname }) =>
      !isCurrent && (host === address || [name, host, switchname].includes(hostname)),
  );
}
