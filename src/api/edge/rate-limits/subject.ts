import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';

/** The requests that share a limit; each class has a setting of its own. */
export type LimitClass = 'pbx' | 'click_to_call' | 'login' | 'auth';

const CLICK_TO_CALL = '/api/pbx/calls/click-to-call';
export const LOGIN = '/api/auth/login';

/** @param route the path under which the request's route is known; undefined when there is none */
export function limitClassOf(route: string | undefined, url: string): LimitClass {
  if (route === CLICK_TO_CALL) return 'click_to_call';
  if (route === LOGIN) return 'login';
  return /^\/api\/auth([/?]|$)/i.test(route ?? url) ? 'auth' : 'pbx';
}

export function subjectOfToken(tokenId: number): string {
  return `token:${tokenId}`;
}

/** One client has a whole /64 of IPv6 addresses. */
export function subjectOfAddress(address: string): string {
  if (!ipaddr.isValid(address)) return 'address:unknown';
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return `address:${parsed.toString()}`;
  const network = new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]);
  return `address:${network.toString()}/64`;
}

/**
 * As long as any other, whatever somebody sends; and no list of who logs in.
 * @param username as users' names are kept
 */
export function subjectOfName(username: string): string {
  return `name:${createHash('sha256').update(username).digest('hex')}`;
}
