import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { type Socket } from 'node:net';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { parse as parseForm } from 'fast-querystring';
import { type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import { type Logger } from 'pino';
import { CSV, CsvBody } from '../../core/csv';
import { answerError } from './error.filter';
import { BodyTooLarge, MalformedRequest } from '../../core/errors';
import { JsonBody } from '../../core/json-rows';

/** Of most requests, in bytes. */
export const BODY_LIMIT = 64 * 1024;
const EXTENSIONS_IMPORT = '/api/pbx/extensions/import';
const CALLER_IDS_IMPORT = '/api/pbx/caller-ids/import';
/** Where a body may be larger: 10,000 numbers, each on a line of its own; 1,000 caller IDs; 10,000 long rows. */
const BODY_LIMITS: Record<string, number> = {
  '/api/pbx/extensions/change-passwords': 256 * 1024,
  [CALLER_IDS_IMPORT]: 512 * 1024,
  [EXTENSIONS_IMPORT]: 12 * 1024 * 1024,
};
const JSON_LIMIT = 4 * 1024 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** A client that says half a request and stops holds a connection no longer than this. */
const REQUEST_DEADLINE_MS = 15_000;
const HEADERS_DEADLINE_MS = 10_000;
/** How often Node looks for such clients. */
const LOOK_EVERY_MS = 2_000;

/** Asked by machines, many times a second: told only at debug. */
const QUIET = /^\/(freeswitch|health|metrics)\b/;

/**
 * Fastify with our limits, our log and our way of saying what was wrong with a request.
 * @param trustedProxies addresses and networks whose X-Forwarded-For is believed
 */
export function createAdapter(logger: Logger, trustedProxies: string[] = []): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_DEADLINE_MS,
    http: { headersTimeout: HEADERS_DEADLINE_MS, connectionsCheckingInterval: LOOK_EVERY_MS },
    // In-flight answers finish; connections that wait for a next request do not hold up the stop.
    forceCloseConnections: 'idle',
    genReqId: requestId,
    trustProxy: trustedProxies.length > 0 && trustedProxies,
    // No Express middleware here; Nest would load a layer for it that every request passes.
    skipMiddie: true,
    frameworkErrors: answerError,
    rewriteUrl: routable,
    clientErrorHandler: refuse,
    // As long as a request line can be: too long a number is not found, like any other.
    routerOptions: { maxParamLength: 16_384 },
  });
}

const REFUSALS: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** What is no HTTP never reaches a route, nor the error filter. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ message: 'Malformed request' });
  const headers = `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
}

/** The one that the client gave, if it is of harmless characters, or a new one. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** What every request and answer passes, beside its route. */
export function addHooks(app: NestFastifyApplication, logger: Logger): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', (route) => {
    const limit = BODY_LIMITS[route.url];
    if (limit !== undefined) route.bodyLimit = limit;
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('X-Request-Id', request.id);
    done();
  });
  const tellsAll = logger.isLevelEnabled('debug');
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, url, ip } = request;
    if (tellsAll || !QUIET.test(url)) {
      const [path = ''] = request.originalUrl.split('?');
      const { statusCode: status, elapsedTime: ms } = reply;
      logAnswered(request.log, { method, path, status, ms, from: ip });
    }
    done();
  });
  readJson(fastify);
  readForms(fastify);
  readCsvFiles(fastify);
}

/** Bodies are JSON in UTF-8 to the letter: a byte that is none must not become U+FFFD in someone's name. */
function readJson(fastify: FastifyInstance): void {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    if (body.length > JSON_LIMIT) {
      done(new BodyTooLarge());
      return;
    }
    if (request.routeOptions.url === EXTENSIONS_IMPORT) {
      if (isUtf8(body as Buffer)) done(null, new JsonBody(body as Buffer));
      else done(new MalformedRequest());
      return;
    }
    try {
      void parseJson(request, utf8.decode(body as Buffer), (error, parsed) =>
        error ? done(new MalformedRequest()) : done(null, parsed),
      );
    } catch {
      done(new MalformedRequest());
    }
  });
}

/** FreeSWITCH posts forms; nobody else may. */
function readForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (request, body, done) =>
      request.url.startsWith('/freeswitch/')
        ? done(null, parseForm(String(body)))
        : done(new MalformedRequest()),
  );
}

/** Files are taken where there is something to import, as bytes. */
function readCsvFiles(fastify: FastifyInstance): void {
  const routes = [EXTENSIONS_IMPORT, CALLER_IDS_IMPORT];
  fastify.addContentTypeParser(CSV, { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer;
    if (!routes.includes(request.routeOptions.url ?? '')) done(new MalformedRequest());
    else if (!isUtf8(bytes)) done(new MalformedRequest('The file is not UTF-8.'));
    else done(null, new CsvBody(bytes));
  });
}

/** What cannot be decoded is taken to the letter, so that it passes the hooks that every other request passes. */
function routable({ url = '' }: IncomingMessage): string {
  try {
    decodeURIComponent(url);
    return url;
  } catch {
    return url.replaceAll('%', '%25');
  }
}

/** @throws MalformedRequest for a URL that cannot be decoded */
export function requireDecodable({ url, originalUrl }: FastifyRequest): void {
  if (url !== originalUrl) throw new MalformedRequest('Malformed request URL');
}

/** Refuses every URL that cannot be decoded. */
export function refuseUndecodable(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, _reply, done) => {
    requireDecodable(request);
    done();
  });
}

/** What is logged of an answer. */
export interface Answered {
  method: string;
  /** Without its query: that may hold what a log must not. */
  path: string;
  status: number;
  ms: number;
  from: string;
}

export function logAnswered(log: Pick<Logger, 'debug' | 'info'>, answered: Answered): void {
  const fields = { event: 'http.answered', ...answered, ms: Math.round(answered.ms * 10) / 10 };
  if (QUIET.test(answered.path)) log.debug(fields, 'answered');
  else log.info(fields, 'answered');
}
