import { EslClient, type EslClientOptions } from './esl-client';
import type { NodeAddress } from './node-address';

/** Called when a node leaves the pool; what it returns is waited for. */
export type Leave = () => void | Promise<void>;

type Come = (node: EslClient) => Leave;

interface Member {
  readonly node: EslClient;
  readonly leaves: Map<Come, Leave>;
}

/** The sessions with all FreeSWITCH nodes, which come and go. */
export class NodePool {
  readonly #members = new Map<string, Member>();
  readonly #followers = new Set<Come>();

  constructor(private readonly options: EslClientOptions) {}

  /** In the order in which they were added. */
  get nodes(): EslClient[] {
    return [...this.#members.values()].map(({ node }) => node);
  }

  /** Whether there is a session with the node of that name. */
  isReady(name: string): boolean {
    return this.#members.get(name)?.node.status === 'ready';
  }

  /** Begins a session. @throws Error when there is a node of that name */
  add(address: NodeAddress): void {
    if (this.#members.has(address.name)) throw new Error(`there is a node ${address.name} already`);
    const member = { node: new EslClient(address, this.options), leaves: new Map<Come, Leave>() };
    this.#members.set(address.name, member);
    for (const come of this.#followers) member.leaves.set(come, come(member.node));
    member.node.start();
  }

  /** Ends the session, and resolves when whoever followed the node has left it. */
  async remove(name: string): Promise<void> {
    const member = this.#members.get(name);
    if (!member) return;
    this.#members.delete(name);
    const left = [...member.leaves.values()].map(async (leave) => {
      await leave();
    });
    await Promise.all([...left, member.node.stop()]);
  }

  /**
   * Calls `come` for each node that is there and each that is added; what that returns is called once, when
   * the node is removed or the following ends.
   * @returns a function that ends the following and resolves when every node is left
   */
  follow(come: Come): () => Promise<void> {
    this.#followers.add(come);
    for (const { node, leaves } of this.#members.values()) leaves.set(come, come(node));
    return async () => {
      this.#followers.delete(come);
      const all = [...this.#members.values()].map(async ({ leaves }) => {
        const leave = leaves.get(come);
        leaves.delete(come);
        await leave?.();
      });
      await Promise.all(all);
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
