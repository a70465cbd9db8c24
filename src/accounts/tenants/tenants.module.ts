import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { TenantsService } from './tenants.service';

@Module({ imports: [EventsModule], providers: [TenantsService], exports: [TenantsService] })
export class TenantsModule {}
