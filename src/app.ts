import { NestFactory } from '@nestjs/core';
import { type Type } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger } from 'pino';
import { AppModule } from './app.module';
import { type Installation } from './platform/installation';
import { guardApi } from './api/edge/authentication/api-authentication';
import { guardBrowsers } from './api/edge/browsers';
import { addHooks, createAdapter, refuseUndecodable } from './api/edge/http';
import { NestLog } from './platform/logging';
import { serveDocs } from './api/edge/openapi/docs';
import { registerIdempotency } from './api/edge/idempotency/idempotency.hooks';
import { openLookupDoor } from './api/switch/lookup-door';

/**
 * The application, ready to listen.
 * @param more modules beside those of AppModule, such as another dialect
 */
export async function createApp(
  installation: Installation,
  logger: Logger,
  more: readonly Type[] = [],
): Promise<NestFastifyApplication> {
  const { settings } = installation;
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(installation, more),
    createAdapter(logger, settings.trustedProxies),
    {
      logger: new NestLog(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  addHooks(app, logger);
  await guardBrowsers(app, settings.corsOrigins);
  guardApi(app);
  refuseUndecodable(app);
  registerIdempotency(app);
  serveDocs(app);
  openLookupDoor(app, logger);
  await app.init();
  return app;
}
