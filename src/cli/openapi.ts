import { NestFactory } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import pino from 'pino';
import { AppModule } from '../app.module';
import { createAdapter } from '../api/edge/http';
import { InstallationSecrets } from '../platform/config/secret-files';
import { readSettings } from '../platform/config/settings';
import { createDataSource } from '../platform/database/data-source';
import { documentOf } from '../api/edge/openapi/docs';
import { type Printed } from './print';

/** The OpenAPI document, of an application of which no part is made, opened or connected. */
export async function openapi(): Promise<Printed> {
  const settings = readSettings({ DATABASE_URL: 'sqlite:never-opened' });
  const secrets = new InstallationSecrets(Buffer.alloc(32), '');
  const dataSource = createDataSource(settings);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of({ settings, secrets, dataSource }),
    createAdapter(pino({ level: 'silent' })),
    { preview: true, logger: false, abortOnError: false },
  );
  const document = documentOf(app);
  await app.close();
  return { lines: [JSON.stringify(document, null, 2)], json: { ...document } };
}
