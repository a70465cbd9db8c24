import { NestFactory } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger } from 'pino';
import { AppModule, type Installation } from './app.module';
import { addHooks, createAdapter } from './common/http';
import { NestLog } from './common/logging';
import { serveDocs } from './docs';

/** The application, ready to listen. */
export async function createApp(installation: Installation, logger: Logger): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(installation),
    createAdapter(logger),
    {
      logger: new NestLog(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  addHooks(app, logger);
  serveDocs(app);
  await app.init();
  return app;
}
