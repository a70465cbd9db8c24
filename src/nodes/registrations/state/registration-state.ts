export const REGISTRATION_STATES = ['registered', 'unregistered', 'unknown'] as const;
export type RegistrationState = (typeof REGISTRATION_STATES)[number];

/** What one node has to say of one extension at this moment. */
export interface NodeReport {
  /** Whether all that the node holds is known. */
  knowsAll: boolean;
  /** Whether it holds a live contact of the extension. */
  holds: boolean;
}

/**
 * `registered` if any node holds a live contact, `unregistered` only when every node has said that it
 * holds none, else `unknown`; so it is when there is no node.
 */
export function registrationState(nodes: readonly NodeReport[]): RegistrationState {
  if (nodes.some(({ holds }) => holds)) return 'registered';
  return nodes.length > 0 && nodes.every(({ knowsAll }) => knowsAll) ? 'unregistered' : 'unknown';
}
