import http from 'node:http';
import { type DirectoryUser, findUser, type Pair } from './directory-xml';
import { urlEncode } from './encoding';
import type { EventHeaders, Origin } from './events';
import { Gate } from './gate';
import { preprocess } from './preprocessor';
import { UserCache } from './user-cache';

export interface HttpAnswer {
  status: number;
  body: string;
}

/** FreeSWITCH has no timeout of its own; no test should wait longer. */
const TIMEOUT_MS = 10_000;

/** FreeSWITCH's way to a user: its cache, then mod_xml_curl. */
export class Directory {
  readonly cache: UserCache;
  /** Shut: an HTTP answer that has come in whole is held while its connection is still open. */
  readonly answers = new Gate();
  /** Shut: an answer is held after its connection closed, before it is parsed and cached. */
  readonly parsing = new Gate();
  /** Where to ask; null: there is no xml_curl binding. */
  url: string | null;
  /** Bodies of the requests sent, the oldest first. */
  readonly requests: string[] = [];
  /** Why answers were thrown away: a status, a connection, no XML. */
  readonly problems: string[] = [];
  /** Commands that answers made the preprocessor carry out. */
  readonly executed: string[] = [];
  readonly #agents = new Set<http.Agent>();

  constructor(
    url: string | null,
    readonly credentials: { username: string; password: string } | null,
    private readonly headers: EventHeaders,
    private readonly globals: Record<string, string>,
    now: () => number,
  ) {
    this.url = url;
    this.cache = new UserCache(now);
  }

  /** The user from the cache or the backend, or null. `params` follow the event's headers in the request. */
  async locate(user: string, domain: string, origin: Origin, params: Pair[]): Promise<DirectoryUser | null> {
    const cached = this.cache.find(user, domain);
    if (cached) return cached;
    const headers = this.headers.make('REQUEST_PARAMS', origin);
    const keys: Pair[] = [
      ['key', 'id'],
      ['user', user],
      ['domain', domain],
    ];
    // FreeSWITCH sends the address last, and only where a phone asked.
    const before = params.filter(([name]) => name !== 'ip');
    const ip = params.filter(([name]) => name === 'ip');
    const form = [...headers, ...before, ...keys, ...ip].map(
      ([name, value]) => `${name}=${urlEncode(value)}`,
    );
    const found = await this.#fetch(
      `hostname=${this.headers.switchname}&section=directory&tag_name=domain&key_name=name&key_value=${domain}&${form.join('&')}`,
      user,
      domain,
    );
    if (found) this.cache.keep(user, domain, found);
    return found;
  }

  async #fetch(form: string, user: string, domain: string): Promise<DirectoryUser | null> {
    if (this.url === null) return null;
    try {
      const answer = await this.post(form);
      await this.parsing.pass();
      if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
      const { text, executed } = preprocess(answer.body, this.globals);
      this.executed.push(...executed);
      return findUser(text, domain, user);
    } catch (error) {
      this.problems.push(error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** Posts one form as mod_xml_curl does, on a TCP connection of its own. */
  async post(form: string): Promise<HttpAnswer> {
    if (this.url === null) throw new Error('no directoryUrl');
    this.requests.push(form);
    const agent = new http.Agent({ keepAlive: true });
    this.#agents.add(agent);
    try {
      const answer = await this.#exchange(this.url, form, agent);
      await this.answers.pass();
      return answer;
    } finally {
      agent.destroy();
      this.#agents.delete(agent);
    }
  }

  /** Cuts what is under way and lets go what is held. */
  stop(): void {
    for (const agent of this.#agents) agent.destroy();
    this.answers.open();
    this.parsing.open();
  }

  #exchange(url: string, form: string, agent: http.Agent): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const request = http.request(url, {
        method: 'POST',
        agent,
        timeout: TIMEOUT_MS,
        headers: {
          ...(this.credentials && { Authorization: basic(this.credentials) }),
          'User-Agent': 'freeswitch-xml/1.0',
          Accept: '*/*',
          'Content-Length': Buffer.byteLength(form),
          'Content-Type': 'application/x-www-form-urlencoded',
        },
      });
      // curl says nothing about the connection, and closes it when it is done.
      request.removeHeader('Connection');
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      request.end(form);
    });
  }
}

const basic = ({ username, password }: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
