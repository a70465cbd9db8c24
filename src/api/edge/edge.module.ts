import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { LoginsModule } from '../../accounts/tokens/logins.module';
import { TokensModule } from '../../accounts/tokens/tokens.module';
import { Settings } from '../../platform/config/settings';
import { ApiAuthentication } from './authentication/api-authentication';
import { PermissionGuard } from './authentication/require-permission';
import { CsvLimits } from './csv-stream';
import { ErrorFilter } from './error.filter';
import { FieldsPipe } from './fields.pipe';
import { IdempotencyStore } from './idempotency/idempotency-store';
import { Idempotency } from './idempotency/idempotency.service';
import { MemoryStore } from './rate-limits/memory-store';
import { RateLimitStore } from './rate-limits/rate-limit-store';
import { RateLimits } from './rate-limits/rate-limits.service';
import { RedisStore } from './rate-limits/redis-store';

/** What stands around every request: authentication, permissions, limits, idempotency, errors. */
@Module({
  imports: [LoginsModule, TokensModule],
  providers: [
    { provide: APP_FILTER, useClass: ErrorFilter },
    { provide: APP_PIPE, useClass: FieldsPipe },
    { provide: APP_GUARD, useClass: PermissionGuard },
    { provide: RateLimitStore, useFactory: rateLimitStore, inject: [Settings] },
    RateLimits,
    IdempotencyStore,
    Idempotency,
    ApiAuthentication,
    CsvLimits,
  ],
  exports: [RateLimits, Idempotency, CsvLimits],
})
export class EdgeModule {}

function rateLimitStore({ REDIS_URL }: Settings): RateLimitStore {
  return REDIS_URL === '' ? new MemoryStore() : new RedisStore(REDIS_URL);
}
