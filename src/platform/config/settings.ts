import 'reflect-metadata';
import { plainToInstance, Transform } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  validateSync,
  ValidateBy,
} from 'class-validator';
import { isAddressOrNetwork } from '../../core/addresses';
import { type NodeAddress, parseNodes } from '../../freeswitch/node-address';
import { PROFILE_NAME } from '../../freeswitch/names';
import { InvalidSetting } from './invalid-setting';

/** FreeSWITCH fact: a `cacheable` above 2,147,483 ms overflows and never hits. */
const LONGEST_CACHE_MS = 2_147_000;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

const Integer = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
  );

const wholeNumber =
  (max: number): PropertyDecorator =>
  (target, property) => {
    const message = `must be a whole number from 0 to ${max}`;
    Integer()(target, property);
    IsInt({ message })(target, property);
    Min(0, { message })(target, property);
    Max(max, { message })(target, property);
  };

const NodeList = (): PropertyDecorator =>
  ValidateBy({
    name: 'nodes',
    validator: {
      validate: (value) => nodesError(value) === null,
      defaultMessage: (args) => nodesError(args?.value) ?? 'is invalid',
    },
  });

function nodesError(value: unknown): string | null {
  try {
    parseNodes(String(value));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const split = (list: string): string[] => (list === '' ? [] : list.split(',').map((each) => each.trim()));

const commaSeparated = (rule: (one: string) => boolean, message: string): PropertyDecorator =>
  ValidateBy({
    name: 'commaSeparated',
    validator: {
      validate: (value) => typeof value === 'string' && split(value).every(rule),
      defaultMessage: () => message,
    },
  });

/** As browsers write it: no path, no slash at the end, no port that goes without saying. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Not all the world: then X-Forwarded-For would be whatever a client says. */
function isProxy(text: string): boolean {
  return isAddressOrNetwork(text) && !/\/0+$/.test(text);
}

/**
 * Every setting of Dialplane, read from the environment once; the names are the environment's own. The comment of each
 * is its description in docs/reference/settings.md and .env.example (`npm run docs`), `@default` its default there.
 */
export class Settings {
  /** The address on which HTTP listens. */
  @IsString()
  HOST = '127.0.0.1';

  /** The port on which HTTP listens; 0 picks a free one. */
  @wholeNumber(65_535)
  PORT = 3000;

  /** `sqlite:PATH`, or `mysql://user:password@host:port/name` (MySQL 8, MariaDB 10.11 or newer). */
  @Matches(/^(sqlite:(?!:memory:$).+|mysql:\/\/[^/]+\/[^/?]+)$/, {
    message: 'must be sqlite:PATH or mysql://user:password@host:port/name',
  })
  DATABASE_URL = 'sqlite:./data/dialplane.db';

  /**
   * 32 bytes in base64 (`openssl rand -base64 32`); encrypts secrets at rest. Keep a copy: without it no phone can
   * register. Required with MySQL and MariaDB.
   * @default generated in ./data/app.key, on sqlite only
   */
  @IsOptional()
  @ValidateBy({
    name: 'appKey',
    validator: {
      validate: (value) => typeof value === 'string' && isKey(value),
      defaultMessage: () => 'must be 32 bytes in base64 (make one with: openssl rand -base64 32)',
    },
  })
  APP_KEY?: string;

  /**
   * FreeSWITCH nodes as `esl://:password@host:port?name=fs1`, separated by spaces, the password percent-encoded. Read only
   * by a start that finds no node in the database; from then on use `dialplane node add` and `node remove`.
   */
  @NodeList()
  FREESWITCH_NODES = '';

  /** The sofia profiles in which phones register, separated by commas. */
  @ValidateBy({
    name: 'profiles',
    validator: {
      validate: (value) =>
        typeof value === 'string' && value.split(',').every((p) => PROFILE_NAME.test(p.trim())),
      defaultMessage: () => 'must be sofia profile names separated by commas',
    },
  })
  FREESWITCH_SIP_PROFILES = 'internal';

  /**
   * SIP proxies that add a Path, as in the configuration of FreeSWITCH: IPv4 addresses and names, separated by spaces.
   * Each must pass on only REGISTERs whose Contact it would call itself.
   */
  @Matches(/^(?:[A-Za-z0-9.-]+(?: |$))*$/, {
    message: 'must be addresses and names with blanks between them',
  })
  SIP_PROXIES = '';

  /** The name with which FreeSWITCH logs in to `/freeswitch/directory`. */
  @Matches(/^[^:\s]+$/, { message: 'must not be empty nor hold a colon or a space' })
  XML_CURL_USERNAME = 'freeswitch';

  /**
   * The password with which FreeSWITCH logs in, at least 8 characters without spaces.
   * @default generated in ./data/xml-curl.password
   */
  @IsOptional()
  @IsString()
  @Matches(/^\S{8,}$/, { message: 'must be at least 8 characters without spaces' })
  XML_CURL_PASSWORD?: string;

  /** How long FreeSWITCH may keep a user, in ms; 0: not at all; at most 2147000. */
  @wholeNumber(LONGEST_CACHE_MS)
  DIRECTORY_CACHE_MS = 60_000;

  /**
   * In the registration stream, an extension that changes again within this time (ms) is sent once, at its end, in the
   * state it then has; 0: every change is sent; at most 60000.
   */
  @wholeNumber(60_000)
  REGISTRATION_DAMPING_MS = 2_000;

  /** For how many days the audit is kept; 0: for ever. */
  @wholeNumber(36_500)
  AUDIT_RETENTION_DAYS = 365;

  /** For how many days deleted extensions are kept and can be restored; 0: for ever. */
  @wholeNumber(36_500)
  DELETED_RETENTION_DAYS = 90;

  /**
   * `redis://host:port`, where several instances share the rate limits. Empty: each instance counts for itself. While
   * Redis is away requests pass, and `dialplane_rate_limit_passed_total` counts them.
   */
  @ValidateBy({
    name: 'redisUrl',
    validator: {
      validate: (value) => value === '' || (typeof value === 'string' && isRedisUrl(value)),
      defaultMessage: () => 'must be redis://host:port',
    },
  })
  REDIS_URL = '';

  /** Requests to `/api/pbx` and `/api/platform` in any 60 s, for each token, or address without a valid one; 0: no limit. */
  @wholeNumber(1_000_000)
  RATE_LIMIT_PBX = 600;

  /** Calls started by click-to-call in any 60 s, for each token; 0: no limit. */
  @wholeNumber(1_000_000)
  RATE_LIMIT_CLICK_TO_CALL = 10;

  /** Logins, and changes of the own password, in any 60 s, for each address and for each name; 0: no limit. */
  @wholeNumber(1_000_000)
  RATE_LIMIT_LOGIN = 5;

  /** Other requests to `/api/auth` in any 60 s, for each token, or address without a valid one; 0: no limit. */
  @wholeNumber(1_000_000)
  RATE_LIMIT_AUTH = 30;

  /** The origins whose scripts may call the API in a browser, as in `https://crm.example`, separated by commas. */
  @commaSeparated(isOrigin, 'must be origins such as https://crm.example, separated by commas')
  CORS_ORIGINS = '';

  /**
   * Reverse proxies (addresses or networks, separated by commas) whose X-Forwarded-For is trusted. Without it all clients
   * behind a proxy are one address.
   */
  @commaSeparated(isProxy, 'must be IP addresses or networks separated by commas')
  TRUSTED_PROXIES = '';

  /** The least severe log level that is written: fatal, error, warn, info, debug, trace or silent. */
  @IsIn(LOG_LEVELS, { message: `must be one of ${LOG_LEVELS.join(', ')}` })
  LOG_LEVEL = 'info';

  /**
   * `pretty` or `json`.
   * @default pretty on a terminal, else json
   */
  @IsIn(['pretty', 'json'], { message: 'must be pretty or json' })
  LOG_FORMAT = process.stdout.isTTY ? 'pretty' : 'json';

  get nodes(): NodeAddress[] {
    return parseNodes(this.FREESWITCH_NODES);
  }

  get sipProfiles(): string[] {
    return this.FREESWITCH_SIP_PROFILES.split(',').map((profile) => profile.trim());
  }

  get corsOrigins(): string[] {
    return split(this.CORS_ORIGINS);
  }

  get sipProxies(): string[] {
    return this.SIP_PROXIES.split(' ').filter((each) => each !== '');
  }

  get trustedProxies(): string[] {
    return split(this.TRUSTED_PROXIES);
  }

  /** The path of the embedded database, or null on MariaDB/MySQL. */
  get sqlitePath(): string | null {
    return this.DATABASE_URL.startsWith('sqlite:') ? this.DATABASE_URL.slice('sqlite:'.length) : null;
  }
}

function isKey(value: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(value);
}

/** Of which the Redis client makes no error that would tell the password. */
function isRedisUrl(value: string): boolean {
  try {
    const { protocol, pathname, username, password } = new URL(value);
    decodeURIComponent(username + password);
    return /^rediss?:$/.test(protocol) && /^(\/\d{0,3})?$/.test(pathname);
  } catch {
    return false;
  }
}

/**
 * Reads the settings out of an environment; an empty value counts as absent.
 * @throws InvalidSetting naming the first wrong setting; its value is never repeated, it may be a secret.
 */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const known = new Set([...Object.keys(new Settings()), 'APP_KEY', 'XML_CURL_PASSWORD']);
  const given = Object.entries(environment).filter(([name, value]) => known.has(name) && value);
  const settings = plainToInstance(Settings, Object.fromEntries(given), { exposeUnsetFields: false });
  const wrong = validateSync(settings, { stopAtFirstError: true })[0];
  if (wrong)
    throw new InvalidSetting(wrong.property, Object.values(wrong.constraints ?? {})[0] ?? 'is invalid');
  if (settings.sqlitePath === null && !settings.APP_KEY) {
    throw new InvalidSetting(
      'APP_KEY',
      'is required with a mysql DATABASE_URL (make one with: openssl rand -base64 32)',
    );
  }
  return settings;
}
