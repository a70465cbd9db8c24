import { Module } from '@nestjs/common';
import { EdgeModule } from '../edge/edge.module';
import { LoginsModule } from '../../accounts/tokens/logins.module';
import { TokensModule } from '../../accounts/tokens/tokens.module';
import { UsersModule } from '../../accounts/users/users.module';
import { AuthController } from './auth.controller';
import { TokensController } from './tokens.controller';
import { UsersController } from './users.controller';

/** /api/auth */
@Module({
  imports: [EdgeModule, LoginsModule, TokensModule, UsersModule],
  controllers: [AuthController, TokensController, UsersController],
})
export class AuthApiModule {}
