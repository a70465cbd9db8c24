import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { readSettings } from '../../src/platform/config/settings';
import { settings } from './settings';

const ROOT = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const NAMES = settings().map(({ name }) => name);

interface Compose {
  services: Record<
    string,
    { build?: string; environment?: Record<string, string>; depends_on?: Record<string, unknown> }
  >;
  volumes: Record<string, unknown>;
}

/** The services of compose.yml that run our image. */
function dialplanes({ services }: Compose): Compose['services'][string][] {
  return Object.values(services).filter(({ build }) => build !== undefined);
}

/** As compose fills in what an operator puts into .env. */
function filled(text: string): string {
  const values: Record<string, string> = {
    DATABASE_PASSWORD: 'a1b2',
    APP_KEY: Buffer.alloc(32, 1).toString('base64'),
    XML_CURL_PASSWORD: 'a1b2c3d4',
  };
  return text.replace(/\$\{(\w+)(?::[?-][^}]*)?\}/g, (_, name: string) => values[name] ?? '');
}

describe('compose.yml', () => {
  // As Compose reads it: with merge keys.
  const compose = load(read('compose.yml'), { schema: YAML11_SCHEMA }) as Compose;

  it('runs two Dialplanes, whose settings exist and are right', () => {
    expect(dialplanes(compose)).toHaveLength(2);
    for (const { environment = {} } of dialplanes(compose)) {
      expect(Object.keys(environment).filter((name) => !NAMES.includes(name))).toEqual([]);
      const given = Object.entries(environment).map(([name, value]) => [name, filled(value)]);
      expect(readSettings(Object.fromEntries(given) as Record<string, string>)).toMatchObject({
        DATABASE_URL: 'mysql://dialplane:a1b2@mariadb:3306/dialplane',
        REDIS_URL: 'redis://redis:6379',
      });
    }
  });

  it('waits only for services that it has', () => {
    const awaited = Object.values(compose.services).flatMap(({ depends_on = {} }) => Object.keys(depends_on));
    expect(awaited.filter((name) => !(name in compose.services))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');

  it('copies files that there are, and that .dockerignore lets through', () => {
    const copied = lines
      .filter((line) => /^COPY (?!--from)/.test(line))
      .flatMap((line) => line.split(' ').slice(1, -1));
    expect(copied.length).toBeGreaterThan(0);
    const allowed = read('.dockerignore').split('\n');
    expect(copied.filter((path) => !existsSync(join(ROOT, path)) || !allowed.includes(`!${path}`))).toEqual(
      [],
    );
  });

  it('sets only settings that exist, and is not root when it starts', () => {
    const set = lines
      .filter((line) => line.startsWith('ENV '))
      .flatMap((line) => line.match(/\w+(?==)/g) ?? []);
    expect(set.filter((name) => name !== 'NODE_ENV' && !NAMES.includes(name))).toEqual([]);
    expect(lines.findIndex((line) => line === 'USER node')).toBeGreaterThan(
      lines.findLastIndex((line) => line.startsWith('FROM ')),
    );
  });
});
