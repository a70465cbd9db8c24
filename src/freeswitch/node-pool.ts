import { EslClient, type EslClientOptions } from './esl-client';
import type { NodeAddress } from './node-address';

/** The sessions with all FreeSWITCH nodes. */
export class NodePool {
  readonly nodes: readonly EslClient[];

  constructor(addresses: readonly NodeAddress[], options: EslClientOptions) {
    this.nodes = addresses.map((address) => new EslClient(address, options));
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  /**
   * Calls `hear` each time a node becomes ready: what happened there before was not heard of.
   * @returns a function that ends the listening.
   */
  onReady(hear: (node: EslClient) => void): () => void {
    const ends = this.nodes.map((node) => node.onStatus((status) => status === 'ready' && hear(node)));
    return () => ends.forEach((end) => end());
  }
}
