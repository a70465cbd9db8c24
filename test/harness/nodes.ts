import { NodePool } from '../../src/freeswitch/node-pool';
import { type Dialplane } from './dialplane';
import { PATIENCE_MS } from './patience';

/** Resolves when Dialplane's session with the node is ready, or has ended. */
export async function nodeReady(dialplane: Dialplane, name: string, ready = true): Promise<void> {
  const node = dialplane.get(NodePool).nodes.find((each) => each.name === name);
  if (!node) throw new Error(`no node ${name}`);
  if ((node.status === 'ready') === ready) return;
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    const end = node.onStatus((status) => {
      if ((status === 'ready') !== ready) return;
      end();
      resolve();
    });
    timer = setTimeout(() => reject(new Error(`${name} is ${node.status}`)), PATIENCE_MS);
  }).finally(() => clearTimeout(timer));
}
