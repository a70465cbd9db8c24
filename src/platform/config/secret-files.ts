import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidSetting } from './invalid-setting';
import { Settings } from './settings';

const FOLDER = './data';
const KEY_FILE = join(FOLDER, 'app.key');

/** The two secrets of an installation, wherever they came from. */
export class InstallationSecrets {
  constructor(
    /** 32 bytes; encrypts what is secret at rest. */
    readonly appKey: Buffer,
    readonly xmlCurlPassword: string,
  ) {}
}

/** Where the key is: its file, or the name of the setting that holds it. */
export function keyPlace({ APP_KEY }: Settings): string {
  return APP_KEY === undefined ? KEY_FILE : 'APP_KEY';
}

/** Whether the settings or the file have the key already. */
export function hasAppKey({ APP_KEY }: Settings): boolean {
  return APP_KEY !== undefined || existsSync(KEY_FILE);
}

/**
 * The key that encrypts what is secret at rest; see `loadSecrets`.
 * @throws InvalidSetting
 */
export function appKeyOf(settings: Settings): Buffer {
  const key = settings.APP_KEY ?? keptInFile('app.key', () => randomBytes(32).toString('base64'));
  const appKey = Buffer.from(key, 'base64');
  if (appKey.length !== 32)
    throw new InvalidSetting('APP_KEY', 'in the file app.key must be 32 bytes in base64');
  return appKey;
}

/**
 * Takes the secrets from the settings, and on the embedded database from 0600 files in ./data,
 * made on the first start.
 * @throws InvalidSetting when a file holds something else, or cannot be made.
 */
export function loadSecrets(settings: Settings): InstallationSecrets {
  const appKey = appKeyOf(settings);
  const xmlCurlPassword =
    settings.XML_CURL_PASSWORD ??
    keptInFile('xml-curl.password', () => randomBytes(24).toString('base64url'));
  return new InstallationSecrets(appKey, xmlCurlPassword);
}

function keptInFile(name: string, make: () => string): string {
  const path = join(FOLDER, name);
  const setting = name === 'app.key' ? 'APP_KEY' : 'XML_CURL_PASSWORD';
  let kept: string;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    try {
      // wx: of two processes that start at once, one writes and both read the same secret.
      writeFileSync(path, make() + '\n', { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    kept = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new InvalidSetting(setting, `cannot be kept in ${path}: ${(error as Error).message}`);
  }
  if (kept === '') throw new InvalidSetting(setting, `is not in ${path}, which is empty`);
  return kept;
}
