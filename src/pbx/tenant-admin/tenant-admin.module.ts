import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { RevocationsModule } from '../../nodes/revocations/revocations.module';
import { TenantAdminService } from './tenant-admin.service';

/** Tenants as the platform operator manages them. */
@Module({
  imports: [EventsModule, RevocationsModule],
  providers: [TenantAdminService],
  exports: [TenantAdminService],
})
export class TenantAdminModule {}
