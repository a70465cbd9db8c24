import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { TokensModule } from './tokens.module';
import { UsersModule } from '../users/users.module';
import { LoginService } from './login.service';
import { TokenManagementService } from './token-management.service';
import { LastUse } from './last-use';

/** Logging in with a password, and the tokens that people manage. */
@Module({
  imports: [EventsModule, TokensModule, UsersModule],
  providers: [LoginService, TokenManagementService, LastUse],
  exports: [LoginService, TokenManagementService, LastUse],
})
export class LoginsModule {}
