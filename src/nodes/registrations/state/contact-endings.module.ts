import { Module } from '@nestjs/common';
import { NodePoolModule } from '../../registry/node-pool.module';
import { RegistrationsModule } from './registrations.module';
import { ContactEndings } from './contact-endings.service';
import { StrayContacts } from './stray-contacts.service';
import { DeviceLimit } from './device-limit.service';

/** Contacts that Dialplane ends on its own: those that lead elsewhere, and devices beyond the limit. */
@Module({
  imports: [NodePoolModule, RegistrationsModule],
  providers: [ContactEndings, StrayContacts, DeviceLimit],
  exports: [ContactEndings],
})
export class ContactEndingsModule {}
