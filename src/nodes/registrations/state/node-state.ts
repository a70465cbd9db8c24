import { isoTime } from '../../../core/time';

/**
 * `answering`: all that it holds is known; `listing`: its list is coming in; `silent`: it owes an answer;
 * `away`: there is no session with it.
 */
export const NODE_STATES = ['answering', 'listing', 'silent', 'away'] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** A node went from one state to another. */
export interface NodeStateChange {
  /** In ms since 1970. */
  readonly at: number;
  readonly node: string;
  readonly from: NodeState;
  readonly to: NodeState;
}

const MOST_CHANGES = 10;

/** The state in which a node was last seen, since when, and the last changes before that. */
export class NodeStateHistory {
  private latest: NodeState = 'away';
  private latestSince: number;
  private readonly last: NodeStateChange[] = [];

  /** @param changed called for each change, at once */
  constructor(
    private readonly node: string,
    now: number,
    private readonly changed: (change: NodeStateChange) => void,
  ) {
    this.latestSince = now;
  }

  /** The node is in this state at `now` (ms since 1970). */
  see(state: NodeState, now: number): void {
    if (state === this.latest) return;
    const change = { at: now, node: this.node, from: this.latest, to: state };
    this.latest = state;
    this.latestSince = now;
    this.last.unshift(change);
    if (this.last.length > MOST_CHANGES) this.last.pop();
    this.changed(change);
  }

  get state(): NodeState {
    return this.latest;
  }

  /** In ms since 1970. */
  get since(): number {
    return this.latestSince;
  }

  /** At most ten, the newest first. */
  get changes(): readonly NodeStateChange[] {
    return this.last;
  }
}

/** Which nodes keep a status unknown, such as `node fs2 silent since 2026-01-01T10:32:00+00:00`. */
export function whyUnknown(nodes: readonly { name: string; state: NodeState; stateSince: number }[]): string {
  if (nodes.length === 0) return 'no FreeSWITCH node is known';
  const missing = nodes.filter(({ state }) => state !== 'answering');
  return missing
    .map(({ name, state, stateSince }) => `node ${name} ${state} since ${isoTime(new Date(stateSince))}`)
    .join('; ');
}
