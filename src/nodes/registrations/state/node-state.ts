/**
 * `answering`: all that it holds is known; `listing`: its list is coming in; `silent`: it owes an answer;
 * `away`: there is no session with it.
 */
export const NODE_STATES = ['answering', 'listing', 'silent', 'away'] as const;
export type NodeState = (typeof NODE_STATES)[number];
