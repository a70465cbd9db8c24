import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { isUnavailable } from '../../platform/database/unavailable';
import { ApiError, BodyTooLarge, MalformedRequest, NotFound, ServiceUnavailable } from '../../core/errors';

/** The one place where an error becomes an answer. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    answerError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Answers with the contract's body for `error`; what is our fault is logged and told as a bare 500. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // That breaks a connection too, but not ours to the database.
  const hungUp = error === request.raw.errored;
  if (hungUp) request.log.info('the client hung up');
  const told = hungUp ? new MalformedRequest() : toldError(error);
  if (told) {
    if (told instanceof ServiceUnavailable) logRefusal(error, request);
    if (told.retryAfterS !== null) void reply.header('Retry-After', told.retryAfterS);
    void reply.status(told.status).send(told.body());
    return;
  }
  request.log.error({ err: error }, 'request failed');
  void reply.status(500).send({ message: 'Server error' });
}

/** One line without a stack: while the database is away there are as many as requests. */
function logRefusal(error: unknown, request: FastifyRequest): void {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  request.log.warn({ code, reason: message }, 'request refused for now');
}

/** What the client is told, or null when the fault is ours. */
function toldError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (isUnavailable(error)) return new ServiceUnavailable();
  const status = statusOf(error);
  if (status === 404) return new NotFound();
  if (status === 413) return new BodyTooLarge();
  // Nest and Fastify: broken framing, a content type we do not read, an undecodable path.
  if (status >= 400 && status < 500) return new MalformedRequest();
  return null;
}

function statusOf(error: unknown): number {
  const { status, statusCode } = Object(error) as { status?: unknown; statusCode?: unknown };
  return Number(statusCode ?? status ?? 500);
}
