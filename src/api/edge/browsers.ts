import cors, { type FastifyCorsOptions } from '@fastify/cors';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from 'helmet';

/** No browser asks it, and FreeSWITCH does many times a second. */
const FREESWITCH = '/freeswitch/';

const CROSS_ORIGIN = /^\/(api|docs)\//;
const PREFLIGHT_KEPT_S = 600;

const HEADERS = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    // What the page at /docs needs: its own scripts, and styles and pictures that are written into it.
    directives: {
      defaultSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  // Another host of the same domain may well speak plain HTTP.
  strictTransportSecurity: { includeSubDomains: false },
});

/** Lets a browser do with our answers what it must, and scripts of other origins only what they may. */
export async function guardBrowsers(app: NestFastifyApplication, origins: string[]): Promise<void> {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', ({ raw }, reply, done) => {
      if (raw.url?.startsWith(FREESWITCH)) done();
      else HEADERS(raw, reply.raw, () => done());
    });
  if (origins.length > 0) await allowOrigins(app, origins);
}

async function allowOrigins(app: NestFastifyApplication, origins: string[]): Promise<void> {
  const allowed: FastifyCorsOptions = {
    origin: origins,
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'Last-Event-ID',
      'X-Request-Id',
    ],
    exposedHeaders: [
      'X-Request-Id',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      'Retry-After',
      'ETag',
      'Idempotent-Replayed',
      'Location',
    ],
    maxAge: PREFLIGHT_KEPT_S,
    strictPreflight: false,
  };
  await app.register(cors, {
    delegator: ({ url = '' }, done) => done(null, CROSS_ORIGIN.test(url) ? allowed : { origin: false }),
  });
}
