import { config as readDotenv } from 'dotenv';
import { type DataSource } from 'typeorm';
import { type Installation } from '../app.module';
import { InvalidSetting } from '../config/invalid-setting';
import { loadSecrets } from '../config/secret-files';
import { readSettings, Settings } from '../config/settings';
import { createDataSource } from '../database/data-source';
import { migrate } from '../database/migrate';
import { Extension } from '../extensions/extension.entity';
import { CannotUnseal, SealedBox } from '../sip-credentials/sealed-box';
import { SipCredentials } from '../sip-credentials/sip-credentials.service';

/** The settings of this process's environment and `.env`. @throws InvalidSetting */
export function settingsHere(): Settings {
  readDotenv({ quiet: true });
  return readSettings(process.env);
}

/** Reads the settings, opens the database and brings it up to date. @throws InvalidSetting */
export async function openInstallation(): Promise<Installation> {
  const settings = settingsHere();
  const secrets = loadSecrets(settings);
  const dataSource = await openDatabase(settings);
  await migrate(dataSource);
  const installation = { settings, secrets, dataSource };
  if (!(await keyFits(installation))) {
    throw new InvalidSetting('APP_KEY', 'is not the key that this database was written with');
  }
  return installation;
}

/** @throws InvalidSetting when it cannot be opened */
export async function openDatabase(settings: Settings): Promise<DataSource> {
  try {
    return await createDataSource(settings).initialize();
  } catch (error) {
    throw new InvalidSetting('DATABASE_URL', `cannot be opened: ${(error as Error).message}`);
  }
}

/** Whether the key opens what the database holds; true when it holds nothing yet. */
export async function keyFits({ dataSource, secrets }: Omit<Installation, 'settings'>): Promise<boolean> {
  const [sample] = await dataSource.manager.find(Extension, { order: { id: 'DESC' }, take: 1 });
  if (!sample) return true;
  try {
    const credentials = new SipCredentials(new SealedBox(secrets.appKey));
    credentials.openA1(sample.a1, { tenantId: sample.tenantId, number: sample.extensionNumber });
    return true;
  } catch (error) {
    if (error instanceof CannotUnseal) return false;
    throw error;
  }
}
