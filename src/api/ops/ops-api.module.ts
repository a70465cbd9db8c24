import { Module } from '@nestjs/common';
import { NodePoolModule } from '../../nodes/registry/node-pool.module';
import { DatabaseUpkeepModule } from '../../platform/database/database-upkeep.module';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';

/** /health and /metrics */
@Module({
  imports: [DatabaseUpkeepModule, NodePoolModule],
  controllers: [HealthController, MetricsController],
})
export class OpsApiModule {}
