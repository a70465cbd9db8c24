import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { Passwords } from './passwords';
import { UsersService } from './users.service';
import { OperatorsService } from './operators.service';

@Module({
  imports: [EventsModule],
  providers: [Passwords, UsersService, OperatorsService],
  exports: [Passwords, UsersService, OperatorsService],
})
export class UsersModule {}
