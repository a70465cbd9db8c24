import { Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pino from 'pino';
import { type DataSource } from 'typeorm';
import { InvalidData, NotFound } from '../core/errors';
import { type Settings } from '../platform/config/settings';
import { createLogger, NestLog } from '../platform/logging';
import { PlatformModule } from '../platform/platform.module';
import { Tenant } from '../schema/tenant.entity';
import { commandIo } from './command-io';
import { openInstallation } from './installation';
import { type Printed } from './print';

/** The services of a command's modules, and the database they work on. */
export interface Services {
  settings: Settings;
  dataSource: DataSource;
  get: <T>(service: Type<T>) => T;
}

/** Opens the database and the services of these modules for a command, and closes both after it. */
export async function withServices(
  modules: Type<unknown>[],
  work: (services: Services) => Promise<Printed>,
): Promise<Printed> {
  const installation = await openInstallation();
  const { settings, dataSource } = installation;
  try {
    logToStderr();
    const imports = [PlatformModule.of(installation), ...modules];
    const context = await NestFactory.createApplicationContext(
      { module: CommandModule, imports },
      { abortOnError: false },
    );
    try {
      return await work({ settings, dataSource, get: (service) => context.get(service) });
    } finally {
      await context.close();
    }
  } finally {
    await dataSource.destroy();
  }
}

class CommandModule {}

/** Standard output is for the command's result. A command that runs inside another process leaves its log alone. */
function logToStderr(): void {
  if (commandIo() !== process) return;
  Logger.overrideLogger(
    new NestLog(createLogger({ LOG_LEVEL: 'warn', LOG_FORMAT: 'json' }, pino.destination(2))),
  );
}

/** @throws InvalidData */
export async function tenantOf(dataSource: DataSource, domain: string): Promise<Tenant> {
  const tenant = await dataSource.manager.findOneBy(Tenant, { domain: domain.toLowerCase() });
  if (!tenant)
    throw InvalidData.field('tenant', `There is no tenant with the SIP domain ${JSON.stringify(domain)}.`);
  return tenant;
}

/** @throws InvalidData when there is a sentence */
export function check(field: string, sentence: string | null): void {
  if (sentence !== null) throw InvalidData.field(field, sentence);
}

/** @throws InvalidData with the sentence, in place of NotFound */
export async function orExplain<T>(field: string, sentence: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof NotFound ? InvalidData.field(field, sentence) : error;
  }
}
