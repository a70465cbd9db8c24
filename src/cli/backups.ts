import { existsSync, statSync } from 'node:fs';
import { version } from '../../package.json';
import {
  checkBackup,
  fingerprintOf,
  type Head,
  UnusableBackup,
  writeBackup,
} from '../platform/backups/backup-file';
import { newFile } from '../platform/backups/new-file';
import { NotEmpty, restoreBackup } from '../platform/backups/restore';
import { withSnapshot } from '../platform/backups/snapshot';
import { isoTime, now } from '../core/time';
import { InvalidSetting } from '../platform/config/invalid-setting';
import { appKeyOf, hasAppKey, InstallationSecrets, keyPlace } from '../platform/config/secret-files';
import { type Settings } from '../platform/config/settings';
import { knownMigrations } from '../platform/database/migrate';
import { keyFits, openAsItIs, openDatabase, settingsHere } from './installation';
import { type Printed } from './print';

/** A server that runs goes on; what it writes meanwhile is not in the backup. */
export async function backup({ file }: { file: string }): Promise<Printed> {
  const { settings, secrets, dataSource } = await openAsItIs();
  const key = fingerprintOf(secrets.appKey);
  const database = settings.sqlitePath === null ? 'mysql' : 'sqlite';
  try {
    const { head, tables, rows } = await newFile(file, async (partial) => {
      await withSnapshot(dataSource, ({ migrations, parts }) => {
        const head: Head = { dialplane: version, created_at: isoTime(now()), database, migrations, key };
        return writeBackup(partial, head, parts);
      });
      return checkBackup(partial);
    });
    const bytes = statSync(file).size;
    return {
      lines: [
        `${file}: ${tables} tables, ${rows} rows, ${bytes} bytes, read back and checked`,
        `To restore it you need the key ${key}, which is in ${keyPlace(settings)} and not in the backup: keep a copy of that elsewhere`,
        'Not in the backup: the settings (environment, .env, data/xml-curl.password), and what FreeSWITCH keeps (messages of mailboxes, recordings)',
      ],
      json: { file, tables, rows, bytes, key, key_place: keyPlace(settings), created_at: head.created_at },
    };
  } finally {
    await dataSource.destroy();
  }
}

/** All of the file is checked before anything is written. */
export async function restore({ file }: { file: string }): Promise<Printed> {
  const settings = settingsHere();
  if (!existsSync(file)) throw new UnusableBackup(`There is no file ${file}.`);
  const { head, tables, rows } = await checkBackup(file);
  const appKey = requireKey(settings, file, head);
  const dataSource = await openDatabase(settings);
  try {
    const known = knownMigrations(dataSource);
    const unknown = head.migrations.filter((name) => !known.includes(name));
    if (unknown.length > 0) {
      throw new UnusableBackup(
        `${file} was written by a newer version of Dialplane (${head.dialplane}), which added ${unknown.join(', ')}; restore it with that.`,
      );
    }
    const secrets = new InstallationSecrets(appKey, '');
    const applied = await restoreBackup(dataSource, file, head, async () => {
      if (!(await keyFits({ dataSource, secrets }))) throw wrongKey(settings, file, head);
    });
    return {
      lines: [
        `Restored ${tables} tables, ${rows} rows, as they were at ${head.created_at}`,
        ...applied.map((name) => `Applied ${name}`),
        'Now start Dialplane, and check the nodes: npx dialplane doctor',
      ],
      json: { file, tables, rows, created_at: head.created_at, applied },
    };
  } catch (error) {
    if (error instanceof NotEmpty) throw notEmpty(settings);
    throw error;
  } finally {
    await dataSource.destroy();
  }
}

/** @throws UnusableBackup when the backup was written with another */
function requireKey(settings: Settings, file: string, head: Head): Buffer {
  if (!hasAppKey(settings)) {
    throw new InvalidSetting(
      'APP_KEY',
      `is not set and ${keyPlace(settings)} is missing: ${file} needs the key ${head.key} there`,
    );
  }
  const key = appKeyOf(settings);
  if (fingerprintOf(key) !== head.key) throw wrongKey(settings, file, head);
  return key;
}

function wrongKey(settings: Settings, file: string, { key }: Head): InvalidSetting {
  const own = fingerprintOf(appKeyOf(settings));
  return new InvalidSetting('APP_KEY', `is the key ${own}, but ${file} was written with the key ${key}`);
}

function notEmpty({ sqlitePath }: Settings): InvalidSetting {
  const way =
    sqlitePath === null
      ? 'create a new database and name that'
      : `stop Dialplane and move ${sqlitePath} away, with what stands beside it as ${sqlitePath}-wal and -shm`;
  return new InvalidSetting(
    'DATABASE_URL',
    `names a database that is not empty, and nothing was changed: ${way}`,
  );
}
