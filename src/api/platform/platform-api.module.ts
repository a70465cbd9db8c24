import { Module } from '@nestjs/common';
import { NodePoolModule } from '../../nodes/registry/node-pool.module';
import { NodesModule } from '../../nodes/registry/nodes.module';
import { NodeWatchModule } from '../../nodes/registry/node-watch.module';
import { TenantsModule } from '../../accounts/tenants/tenants.module';
import { TenantAdminModule } from '../../pbx/tenant-admin/tenant-admin.module';
import { TenantsController } from './tenants.controller';
import { NodesController } from './nodes.controller';
import { UnknownNodesController } from './unknown-nodes.controller';

/** /api/platform */
@Module({
  imports: [NodePoolModule, NodesModule, NodeWatchModule, TenantsModule, TenantAdminModule],
  controllers: [TenantsController, NodesController, UnknownNodesController],
})
export class PlatformApiModule {}
