import { Module } from '@nestjs/common';
import { DirectoryModule } from '../directory/directory.module';
import { EventsModule } from '../../events/events.module';
import { NodePoolModule } from '../registry/node-pool.module';
import { RegistrationsModule } from '../registrations/state/registrations.module';
import { RevocationStore } from './revocation-store';
import { RevocationTimings } from './revocation-timings';
import { RevocationsService } from './revocations.service';
import { UserChangeTransaction } from './user-change-transaction';

/** What nodes must forget, recorded with the change and carried out. */
@Module({
  imports: [DirectoryModule, EventsModule, NodePoolModule, RegistrationsModule],
  providers: [RevocationStore, RevocationsService, RevocationTimings, UserChangeTransaction],
  exports: [RevocationStore, RevocationsService, UserChangeTransaction],
})
export class RevocationsModule {}
