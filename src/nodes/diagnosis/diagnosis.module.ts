import { Module } from '@nestjs/common';
import { ContactEndingsModule } from '../registrations/state/contact-endings.module';
import { DirectoryModule } from '../directory/directory.module';
import { EventsModule } from '../../events/events.module';
import { NodePoolModule } from '../registry/node-pool.module';
import { RegistrationsModule } from '../registrations/state/registrations.module';
import { DiagnosisService } from './diagnosis.service';

@Module({
  imports: [ContactEndingsModule, DirectoryModule, EventsModule, NodePoolModule, RegistrationsModule],
  providers: [DiagnosisService],
  exports: [DiagnosisService],
})
export class DiagnosisModule {}
