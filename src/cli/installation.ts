import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { config as readDotenv } from 'dotenv';
import { type DataSource } from 'typeorm';
import { type Installation } from '../platform/installation';
import { AuditChain } from '../schema/audit-chain.entity';
import { auditKey, headMac } from '../events/audit/chain';
import { initializeChains } from '../events/audit/initialize-chains';
import { InvalidSetting } from '../platform/config/invalid-setting';
import {
  appKeyOf,
  hasAppKey,
  InstallationSecrets,
  keyPlace,
  loadSecrets,
} from '../platform/config/secret-files';
import { readSettings, Settings } from '../platform/config/settings';
import { createDataSource, mysqlLibrary } from '../platform/database/data-source';
import { migrate } from '../platform/database/migrate';
import { Extension } from '../schema/extension.entity';
import { commandIo } from './command-io';
import { CannotUnseal, SealedBox } from '../platform/secrets/sealed-box';
import { SipCredentials } from '../platform/secrets/sip-credentials.service';

/** The settings of the command's environment, after what it lacks was added from `.env`. @throws InvalidSetting */
export function settingsHere(): Settings {
  const { env } = commandIo();
  readDotenv({ quiet: true, processEnv: env });
  return readSettings(env);
}

/** An installation, and the migrations that were applied to it just now. */
type Opened = Installation & { applied: string[] };

/** Reads the settings, opens the database and brings it up to date, ready for changes. @throws InvalidSetting */
export async function openInstallation(): Promise<Opened> {
  const opened = await open(keyFits);
  await initializeChains(opened.dataSource, auditKey(opened.secrets.appKey));
  return opened;
}

/**
 * The same without beginning the audit, which whoever checks it must find as it is, its seals too.
 * @throws InvalidSetting
 */
export function openToRead(): Promise<Opened> {
  return open(async (installation) => (await opensExtensions(installation)) ?? true);
}

/**
 * An installation as it is: neither created nor brought up to date.
 * @throws InvalidSetting when there is none, or its key is missing or another
 */
export async function openAsItIs(): Promise<Installation> {
  const settings = settingsHere();
  if (settings.sqlitePath !== null && !existsSync(settings.sqlitePath))
    throw new InvalidSetting('DATABASE_URL', 'names a database that does not exist');
  if (!hasAppKey(settings)) throw missingKey(settings);
  const secrets = new InstallationSecrets(appKeyOf(settings), '');
  const dataSource = await openDatabase(settings);
  try {
    if (!(await dataSource.createQueryRunner().hasTable('extensions')))
      throw new InvalidSetting('DATABASE_URL', 'names an empty database');
    if ((await opensExtensions({ dataSource, secrets })) === false) throw otherKey();
    return { settings, secrets, dataSource };
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function open(fits: typeof keyFits): Promise<Opened> {
  const settings = settingsHere();
  const dataSource = await openDatabase(settings);
  try {
    const applied = await migrate(dataSource, () => refuseBesideKey(settings));
    // After the migration: a key beside an empty database is always that of an earlier installation.
    await refuseWithoutKey(settings, dataSource);
    const secrets = loadSecrets(settings);
    const installation = { settings, secrets, dataSource };
    if (!(await fits(installation))) throw otherKey();
    return { ...installation, applied };
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/** A database that was lost, or copied without its write-ahead log, must not pass for a new installation. */
function refuseBesideKey(settings: Settings): void {
  if (settings.APP_KEY !== undefined || !hasAppKey(settings)) return;
  throw new InvalidSetting(
    'DATABASE_URL',
    `names an empty database, but ${keyPlace(settings)} belongs to an installation: run "dialplane restore FILE", ` +
      'or copy its database again after a clean stop; for a new installation move that file away',
  );
}

/** A new key would be of no use to what was sealed with another. */
async function refuseWithoutKey(settings: Settings, dataSource: DataSource): Promise<void> {
  if (hasAppKey(settings)) return;
  const anyKey = new InstallationSecrets(randomBytes(32), '');
  if (await keyFits({ dataSource, secrets: anyKey })) return;
  throw missingKey(settings);
}

function otherKey(): InvalidSetting {
  return new InvalidSetting('APP_KEY', 'is not the key that this database was written with');
}

function missingKey(settings: Settings): InvalidSetting {
  const reason = `is not set and ${keyPlace(settings)} is missing: put back the key that this database was written with`;
  return new InvalidSetting('APP_KEY', reason);
}

/** @throws InvalidSetting when it cannot be opened */
export async function openDatabase(settings: Settings): Promise<DataSource> {
  try {
    const dataSource = createDataSource(settings);
    const mysql = mysqlLibrary(dataSource);
    return await (mysql ? mysql.unhurried(() => dataSource.initialize()) : dataSource.initialize());
  } catch (error) {
    throw new InvalidSetting('DATABASE_URL', `cannot be opened: ${(error as Error).message}`);
  }
}

/** Whether the key opens what the database holds, or sealed its audit; true when it holds nothing yet. */
export async function keyFits(installation: Omit<Installation, 'settings'>): Promise<boolean> {
  const { dataSource, secrets } = installation;
  return (await opensExtensions(installation)) ?? (await hasSealed(dataSource, auditKey(secrets.appKey)));
}

/** Null when there is none. */
async function opensExtensions({
  dataSource,
  secrets,
}: Omit<Installation, 'settings'>): Promise<boolean | null> {
  const [sample] = await dataSource.manager.find(Extension, {
    // What every version of the schema has.
    select: { id: true, tenantId: true, extensionNumber: true, a1: true },
    order: { id: 'DESC' },
    take: 1,
  });
  if (!sample) return null;
  try {
    const credentials = new SipCredentials(new SealedBox(secrets.appKey));
    credentials.openA1(sample.a1, { tenantId: sample.tenantId, number: sample.extensionNumber });
    return true;
  } catch (error) {
    if (error instanceof CannotUnseal) return false;
    throw error;
  }
}

/** One chain is enough: others may have been tampered with, which `audit verify` tells. */
async function hasSealed(dataSource: DataSource, key: Buffer): Promise<boolean> {
  const chains = await dataSource.manager.find(AuditChain);
  return chains.length === 0 || chains.some((chain) => chain.seal === headMac(key, chain));
}
