import { Module } from '@nestjs/common';
import { AuditApiModule } from './audit/audit-api.module';
import { CallerIdsModule } from '../../pbx/caller-ids/caller-ids.module';
import { DeletedExtensionsModule } from '../../pbx/extensions/deleted-extensions.module';
import { DepartmentsModule } from '../../pbx/departments/departments.module';
import { DiagnosisModule } from '../../nodes/diagnosis/diagnosis.module';
import { DirectoryModule } from '../../nodes/directory/directory.module';
import { EdgeModule } from '../edge/edge.module';
import { ExtensionsModule } from '../../pbx/extensions/extensions.module';
import { ImportsModule } from '../../pbx/imports/imports.module';
import { PasswordRotationModule } from '../../pbx/extensions/password-rotation.module';
import { ReceiptsModule } from '../../nodes/revocations/receipts.module';
import { RegistrationsModule } from '../../nodes/registrations/state/registrations.module';
import { RegistrationStreamModule } from '../../nodes/registrations/stream/registration-stream.module';
import { TeamsModule } from '../../pbx/teams/teams.module';
import { ExtensionsController } from './extensions/extensions.controller';
import { AvailableNumbersController } from './extensions/available-numbers.controller';
import { DeletedExtensionsController } from './extensions/deleted-extensions.controller';
import { RegistrationsController } from './registrations/registrations.controller';
import { RegistrationsStreamController } from './registrations/registrations-stream.controller';
import { DiagnosisController } from './diagnosis/diagnosis.controller';
import { RotationsController } from './extensions/rotations.controller';
import { ExportController } from './extensions/export.controller';
import { ImportStreams } from './imports/import-streams.service';
import { ImportsController } from './imports/imports.controller';
import { RevocationsController } from './revocations/revocations.controller';
import { CallerIdsController } from './caller-ids/caller-ids.controller';
import { TeamsController } from './teams/teams.controller';
import { DepartmentsController } from './departments/departments.controller';

/** /api/pbx: the dialect of Zorio's PBX API */
@Module({
  imports: [
    AuditApiModule,
    CallerIdsModule,
    DeletedExtensionsModule,
    DepartmentsModule,
    DiagnosisModule,
    DirectoryModule,
    EdgeModule,
    ExtensionsModule,
    ImportsModule,
    PasswordRotationModule,
    ReceiptsModule,
    RegistrationsModule,
    RegistrationStreamModule,
    TeamsModule,
  ],
  providers: [ImportStreams],
  controllers: [
    ExtensionsController,
    AvailableNumbersController,
    DeletedExtensionsController,
    RegistrationsController,
    RegistrationsStreamController,
    DiagnosisController,
    RotationsController,
    ExportController,
    ImportsController,
    RevocationsController,
    CallerIdsController,
    TeamsController,
    DepartmentsController,
  ],
})
export class PbxApiModule {}
