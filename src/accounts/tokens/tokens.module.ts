import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { TokenStore } from './token-store';

/** API tokens, as they are created, read and revoked. */
@Module({ imports: [EventsModule], providers: [TokenStore], exports: [TokenStore] })
export class TokensModule {}
