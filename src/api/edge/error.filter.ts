import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { isUnavailable } from '../../platform/database/unavailable';
import {
  ApiError,
  BodyTooLarge,
  MalformedRequest,
  NotFound,
  ServerError,
  ServiceUnavailable,
} from '../../core/errors';
import { errorDialectOf } from './error-dialects';

/** The one place where an error becomes an answer. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    answerError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Answers `error` as the dialect of the path has it; what is our fault is logged, and not described to the client. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // The client disconnected; its ECONNRESET is not one of the database.
  const hungUp = error === request.raw.errored;
  if (hungUp) request.log.info({ event: 'http.client_disconnected' }, 'the client disconnected');
  const answered = hungUp ? new MalformedRequest() : asApiError(error);
  if (answered instanceof ServerError)
    request.log.error({ event: 'http.request_failed', err: error }, 'request failed');
  if (answered instanceof ServiceUnavailable) logRefusal(error, request);
  if (answered.retryAfterS !== null) void reply.header('Retry-After', answered.retryAfterS);
  const { status, body } = errorDialectOf(pathOf(request))(answered);
  void reply.status(status).send(body);
}

/** Without its query. */
function pathOf({ url, routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? url.split('?', 1)[0] ?? '';
}

/** One line without a stack: while the database is away there are as many as requests. */
function logRefusal(error: unknown, request: FastifyRequest): void {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  request.log.warn({ event: 'http.request_refused', code, reason: message }, 'request refused for now');
}

/** What the client receives in its place. */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isUnavailable(error)) return new ServiceUnavailable();
  const status = statusOf(error);
  if (status === 404) return new NotFound();
  if (status === 413) return new BodyTooLarge();
  // Nest and Fastify: broken framing, a content type we do not read, an undecodable path.
  if (status >= 400 && status < 500) return new MalformedRequest();
  return new ServerError();
}

function statusOf(error: unknown): number {
  const { status, statusCode } = Object(error) as { status?: unknown; statusCode?: unknown };
  return Number(statusCode ?? status ?? 500);
}
