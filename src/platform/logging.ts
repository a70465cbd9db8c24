import { type LoggerService } from '@nestjs/common';
import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { Settings } from './config/settings';

/** Field names whose values no log line shows, in what is logged and two levels down. */
const SECRET_FIELDS = [
  'password',
  'sip_password',
  'new_password',
  'voicemail_pin',
  'authorization',
  'token',
  'a1',
];

/** @param into where lines go; standard output unless told otherwise */
export function createLogger(
  settings: Pick<Settings, 'LOG_LEVEL' | 'LOG_FORMAT'>,
  into: DestinationStream = pino.destination(1),
): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  const options = {
    level: settings.LOG_LEVEL,
    redact: { paths, censor: '[secret]' },
    serializers: { err: errorFields },
    base: null,
  };
  return settings.LOG_FORMAT === 'pretty'
    ? pino(options, pretty({ translateTime: 'SYS:HH:MM:ss', ignore: 'reqId', sync: true }))
    : pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, into);
}

/**
 * An error's name, message, code and stack. Not its other properties: a database error carries the
 * statement's parameters, hashes among them.
 */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  return { type: name, message, code: (error as { code?: unknown }).code, stack };
}

/** Nest's own words and those of our services, into the same log. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...more: unknown[]): void {
    // Nest tells every module and route at its start, in bare sentences; our services bring fields.
    this.write(typeof message === 'object' ? 'info' : 'debug', message, more);
  }

  error(message: unknown, ...more: unknown[]): void {
    this.write('error', message, more);
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.write('warn', message, more);
  }

  debug(message: unknown, ...more: unknown[]): void {
    this.write('debug', message, more);
  }

  verbose(message: unknown, ...more: unknown[]): void {
    this.write('trace', message, more);
  }

  /** Calls read `(fields, sentence)` or `(sentence)`; Nest adds the speaker's name at the end. */
  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error',
    message: unknown,
    more: unknown[],
  ): void {
    const context = more.at(-1);
    if (typeof message === 'object' && message !== null) {
      this.logger[level]({ ...message, context }, typeof more[0] === 'string' ? more[0] : '');
    } else {
      this.logger[level]({ context }, String(message));
    }
  }
}
