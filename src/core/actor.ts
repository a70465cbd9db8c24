export const ACTOR_KINDS = ['user', 'token', 'operator', 'command_line', 'system'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** Who did something, and from where. */
export interface Actor {
  kind: ActorKind;
  /** The user's, else the token's; null for the command line and for Dialplane itself. */
  id: number | null;
  /** A username, or a token's name. */
  name: string;
  tokenId: number | null;
  address: string | null;
  requestId: string | null;
}

const nobody = { id: null, tokenId: null, address: null, requestId: null };

export const COMMAND_LINE: Actor = { ...nobody, kind: 'command_line', name: 'dialplane' };
export const SYSTEM: Actor = { ...nobody, kind: 'system', name: 'dialplane' };
