import { Module } from '@nestjs/common';
import { NodePoolModule } from './node-pool.module';
import { NodesModule } from './nodes.module';
import { RevocationsModule } from '../revocations/revocations.module';
import { NodesWatcher } from './nodes-watcher';
import { UnknownNodes } from './unknown-nodes.service';

/** What only a server does: follow the list of nodes, and report FreeSWITCHes that are not in it. */
@Module({
  imports: [NodePoolModule, NodesModule, RevocationsModule],
  providers: [NodesWatcher, UnknownNodes],
  exports: [NodesWatcher],
})
export class NodeWatchModule {}
