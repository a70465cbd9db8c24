import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Asked {
  headers: IncomingHttpHeaders;
  form: URLSearchParams;
  socket: Socket;
}

export const NOT_FOUND =
  '<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>';

/** A document with one user, as an xml_curl backend answers. */
export function userDocument(user: string, domain: string, inside: string, attributes = ''): string {
  return (
    `<document type="freeswitch/xml"><section name="directory"><domain name="${domain}">` +
    `<user id="${user}" ${attributes}>${inside}</user></domain></section></document>`
  );
}

/** An xml_curl backend for the fake's own tests: it gives whatever `answer` holds. */
export async function startStubBackend(): Promise<{
  url: string;
  asked: Asked[];
  answer: { status: number; body: string };
  stop(): Promise<void>;
}> {
  const asked: Asked[] = [];
  const answer = { status: 200, body: NOT_FOUND };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
      asked.push({ headers: request.headers, form, socket: request.socket });
      response.writeHead(answer.status, { 'Content-Type': 'text/xml' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/directory`,
    asked,
    answer,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
