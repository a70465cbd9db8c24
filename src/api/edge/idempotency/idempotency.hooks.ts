import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { authOf } from '../authentication/current-auth';
import { isApi } from '../authentication/require-permission';
import { Idempotency, REPLAYED } from './idempotency.service';

/**
 * Has every POST under /api with an Idempotency-Key run once; its repetitions get the first answer. Not what comes
 * without a token: a login has a key of its own once it is known whose it is.
 */
export function registerIdempotency(app: NestFastifyApplication): void {
  const idempotency = app.get(Idempotency);
  const fastify = app.getHttpAdapter().getInstance();
  // Not async: lookups pass here too, and an async hook has each wait a turn for nothing.
  fastify.addHook('preHandler', (request, reply, done) => {
    const key = request.headers['idempotency-key'];
    const { url } = request.routeOptions;
    if (key === undefined || request.method !== 'POST' || url === undefined || !isApi(url)) return done();
    const account = authOf(request);
    if (!account) return done();
    idempotency.begin(request, key, `token ${account.tokenId}`).then((kept) => {
      if (!kept) return done();
      const { status, headers, body } = kept;
      void reply.code(status).headers({ ...headers, ...REPLAYED });
      void reply.send(body.length > 0 ? body : undefined);
    }, done);
  });
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (!idempotency.isFirst(request)) return done(null, payload);
    void idempotency.end(request, reply, payload).then(() => done(null, payload));
  });
}
