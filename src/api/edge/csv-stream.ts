import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { CSV } from '../../core/csv';
import { BYTE_ORDER_MARK } from '../../core/raw-body';

const JSON_TYPE = 'application/json';

/** How long a streamed answer waits for its client, in ms. Tests tighten it. */
@Injectable()
export class CsvLimits {
  /** One that takes nothing for so long is disconnected. */
  stuck = 10_000;
}

/**
 * The answer `name`.csv, of which more is made when the client has taken the last; a client that takes nothing
 * any more is cut off.
 */
export function csvStream(
  reply: FastifyReply,
  name: string,
  lines: AsyncIterable<string>,
  { stuck }: CsvLimits,
): Readable {
  void reply.headers({
    'Content-Type': `${CSV}; charset=utf-8`,
    'Content-Disposition': `attachment; filename="${name}.csv"`,
    'Cache-Control': 'no-store',
  });
  const response = reply.raw.setTimeout(stuck, () => void response.destroy());
  return Readable.from(marked(lines), { objectMode: false });
}

async function* marked(lines: AsyncIterable<string>): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK;
  yield* lines;
}

/** Whether a client wants CSV: the query says so, or its Accept header likes it better than JSON. */
export function wantsCsv(format: 'json' | 'csv' | undefined, accept = ''): boolean {
  if (format !== undefined) return format === 'csv';
  const [csv, json] = [quality(CSV, accept), quality(JSON_TYPE, accept)];
  if (csv !== json) return csv > json;
  // Of two that are as good the one that is named, and named first.
  const named = accept.split(',').map((range) => range.split(';')[0]?.trim().toLowerCase());
  return csv > 0 && named.find((type) => type === CSV || type === JSON_TYPE) === CSV;
}

/** How good a media type is to an Accept header, 0 to 1: what the closest of its ranges says. */
function quality(type: string, accept: string): number {
  const ranges = accept.split(',').map((range) => range.split(';').map((part) => part.trim().toLowerCase()));
  const closest = [type, type.replace(/[^/]+$/, '*'), '*/*']
    .map((name) => ranges.find(([range]) => range === name))
    .find((range) => range !== undefined);
  if (!closest) return 0;
  const q = closest.find((parameter) => parameter.startsWith('q='));
  return q === undefined ? 1 : Number(q.slice(2));
}
