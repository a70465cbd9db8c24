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

/** The OpenAPI document. */
export async function openapi(): Promise<Printed> {
  const document = await withPreview(documentOf);
  return { lines: [JSON.stringify(document, null, 2)], json: { ...document } };
}

/** What `use` reads from an application whose routes are known, but in which nothing is opened or connected. */
export async function withPreview<T>(use: (app: NestFastifyApplication) => T): Promise<T> {
  const settings = readSettings({ DATABASE_URL: 'sqlite:never-opened' });
  const secrets = new InstallationSecrets(Buffer.alloc(32), '');
  const dataSource = createDataSource(settings);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of({ settings, secrets, dataSource }),
    createAdapter(pino({ level: 'silent' })),
    { preview: true, logger: false, abortOnError: false },
  );
  const result = use(app);
  await app.close();
  return result;
}
