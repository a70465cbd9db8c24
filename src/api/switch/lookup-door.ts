import { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger } from 'pino';
import { clientAddress } from '../edge/client-address';
import { BODY_LIMIT, logAnswered, requestId } from '../edge/http';
import { readLookupForm } from '../../nodes/directory/lookup-form';
import { LOOKUP_CONTENT_TYPE, Lookups } from '../../nodes/directory/lookups';
import { XmlCurlCredentials } from './xml-curl-credentials';

const PATH = '/freeswitch/directory';
const FORM = /^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i;
const LENGTH = /^[1-9][0-9]{0,6}$/;

/**
 * Answers FreeSWITCH's lookups before the web framework sees them, whose way costs more than the lookup.
 *
 * It takes only what mod_xml_curl sends: a POST of a short form of known length, with the right credentials. All else,
 * everything that is to be refused included, goes the way of every other request, and ends at DirectoryController or
 * in an error.
 */
@Injectable()
export class LookupDoor {
  private isOpen = true;

  constructor(
    private readonly credentials: XmlCurlCredentials,
    private readonly lookups: Lookups,
  ) {}

  /** From now on all requests go to the framework, which refuses them while it closes. */
  close(): void {
    this.isOpen = false;
  }

  takes({ method, url, headers }: IncomingMessage): boolean {
    if (!this.isOpen || url !== PATH || method !== 'POST') return false;
    // Whom a proxy speaks for is for the framework to find out.
    if (headers['x-forwarded-for'] !== undefined) return false;
    const { 'content-type': type, 'content-length': length, authorization } = headers;
    if (type === undefined || !FORM.test(type)) return false;
    if (length === undefined || !LENGTH.test(length) || Number(length) > BODY_LIMIT) return false;
    return this.credentials.admit(authorization);
  }

  /** Reads the form, for which the server has a deadline, and answers. */
  serve(request: IncomingMessage, response: ServerResponse, logger: Logger): void {
    const id = requestId(request);
    const log = (): Logger => logger.child({ reqId: id });
    if (logger.isLevelEnabled('debug')) logWhenSent(request, response, log);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('error', () => log().info({ event: 'http.client_disconnected' }, 'the client disconnected'));
    request.once('end', () => {
      const form = readLookupForm(chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString());
      const ip = request.socket.remoteAddress ?? '';
      const address = clientAddress({ ip, socket: request.socket });
      const whenSent = (hear: () => void): unknown => response.once('finish', hear);
      const sender = { socket: request.socket, whenSent, ip, address, log };
      void this.lookups.answer(form, sender).then((xml) => {
        const headers = {
          'x-request-id': id,
          'content-type': LOOKUP_CONTENT_TYPE,
          // XML is written in ASCII.
          'content-length': xml === null ? 0 : xml.length,
        };
        response.writeHead(xml === null ? 503 : 200, headers).end(xml ?? '', 'latin1');
      });
    });
  }
}

function logWhenSent(request: IncomingMessage, response: ServerResponse, log: () => Logger): void {
  const started = performance.now();
  response.once('finish', () =>
    logAnswered(log(), {
      method: 'POST',
      path: PATH,
      status: response.statusCode,
      ms: performance.now() - started,
      from: request.socket.remoteAddress ?? '',
    }),
  );
}

/**
 * Has the application's requests pass the door first. A second socket, which `localhost` may mean, has none: there the
 * framework answers all.
 */
export function openLookupDoor(app: NestFastifyApplication, logger: Logger): void {
  const door = app.get(LookupDoor);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('preClose', (done) => {
      door.close();
      done();
    });
  const server = app.getHttpServer();
  const framework = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request').on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (door.takes(request)) door.serve(request, response, logger);
    else for (const listener of framework) listener(request, response);
  });
}
