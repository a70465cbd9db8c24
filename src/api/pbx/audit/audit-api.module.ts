import { Module } from '@nestjs/common';
import { AuditLogModule } from '../../../events/audit/audit-log.module';
import { EdgeModule } from '../../edge/edge.module';
import { AuditController } from './audit.controller';
import { PlatformAuditController } from './audit.controller';
import { AuditAnswers } from './audit-answers';

/** /api/pbx/audit and /api/platform/audit */
@Module({
  imports: [AuditLogModule, EdgeModule],
  controllers: [AuditController, PlatformAuditController],
  providers: [AuditAnswers],
})
export class AuditApiModule {}
