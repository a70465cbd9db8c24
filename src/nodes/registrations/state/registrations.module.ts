import { Module } from '@nestjs/common';
import { NodePoolModule } from '../../registry/node-pool.module';
import { RegistrationsService } from './registrations.service';

/** Who is registered, as the nodes report it. */
@Module({ imports: [NodePoolModule], providers: [RegistrationsService], exports: [RegistrationsService] })
export class RegistrationsModule {}
