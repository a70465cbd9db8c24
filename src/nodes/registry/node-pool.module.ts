import { Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NodePool } from '../../freeswitch/node-pool';
import { SOFIA_EVENTS, SOFIA_FILTERS } from '../../freeswitch/sofia-events';
import { Metrics } from '../../platform/metrics';
import { NodeAskers } from './node-askers';

/** An ESL command is answered in milliseconds; a node that takes longer than this is stuck. */
const COMMAND_DEADLINE_MS = 1_400;
/** A node that is cut off without a word must be noticed within a second. */
const KEEPALIVE_MS = 300;

/** The sessions with FreeSWITCH nodes; none until NodesWatcher has read which nodes there are. */
@Module({
  providers: [{ provide: NodePool, useFactory: nodePool, inject: [Metrics] }, NodeAskers],
  exports: [NodePool, NodeAskers],
})
export class NodePoolModule implements OnApplicationShutdown {
  constructor(private readonly pool: NodePool) {}

  async onApplicationShutdown(): Promise<void> {
    await this.pool.stop();
  }
}

function nodePool(metrics: Metrics): NodePool {
  const logger = new Logger(NodePool.name);
  const log = {
    info: (message: string, fields: Record<string, unknown>): void => logger.log(fields, message),
    warn: (message: string, fields: Record<string, unknown>): void => logger.warn(fields, message),
  };
  const pool = new NodePool({
    log,
    subclasses: SOFIA_EVENTS,
    filters: SOFIA_FILTERS,
    times: { command: COMMAND_DEADLINE_MS, keepalive: KEEPALIVE_MS },
  });
  pool.follow((node) => {
    metrics.nodeReady.set({ node: node.name }, 0);
    const end = node.onStatus((status) =>
      metrics.nodeReady.set({ node: node.name }, status === 'ready' ? 1 : 0),
    );
    return () => {
      end();
      metrics.nodeReady.remove({ node: node.name });
    };
  });
  return pool;
}
