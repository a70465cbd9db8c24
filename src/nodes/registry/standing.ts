import { isAskerName } from './asker';

/** Whether a name in a receipt is that of a node, of one that was removed, or of a FreeSWITCH that is none of the nodes. */
export type Standing = 'node' | 'removed' | 'unknown';

export function standingOf(name: string, nodes: ReadonlySet<string>): Standing {
  if (nodes.has(name)) return 'node';
  return isAskerName(name) ? 'unknown' : 'removed';
}
