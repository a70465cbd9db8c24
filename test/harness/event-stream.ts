import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { PATIENCE_MS } from './patience';

export interface Frame<T = unknown> {
  id: string;
  event: string;
  data: T;
}

export interface StreamRequest {
  token: string;
  devices?: string;
  lastEventId?: string | undefined;
  /** Under /api/pbx; that of registrations unless told otherwise. */
  path?: string;
}

/** A client of a stream of server-sent events, on a connection of its own. */
export class EventStream {
  readonly frames: Frame[] = [];
  readonly comments: string[] = [];
  /** The `retry` field, in ms. */
  retryMs: number | null = null;
  ended = false;
  private readonly news = new EventEmitter();
  private read = 0;
  private rest = '';

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (text: string) => this.take(text));
    response.on('error', () => undefined);
    response.on('close', () => {
      this.ended = true;
      this.news.emit('news');
    });
  }

  /** Resolves when the head has come. */
  static async open(url: string, asked: StreamRequest): Promise<EventStream> {
    const { token, devices, lastEventId, path = '/registrations/stream' } = asked;
    const query = devices === undefined ? '' : `?devices=${devices}`;
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
    };
    const request = get(`${url}/api/pbx${path}${query}`, { headers, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new EventStream(response);
  }

  /** The next frame that was not looked at yet. */
  async next<T>(): Promise<Frame<T>> {
    await this.until(() => this.frames.length > this.read, 'a frame');
    return this.frames[this.read++] as Frame<T>;
  }

  /** Reads on until a frame fits. */
  async nextThat<T>(fits: (frame: Frame<T>) => boolean): Promise<Frame<T>> {
    for (;;) {
      const frame = await this.next<T>();
      if (fits(frame)) return frame;
    }
  }

  async comment(): Promise<void> {
    const before = this.comments.length;
    await this.until(() => this.comments.length > before, 'a comment');
  }

  async end(): Promise<void> {
    await this.until(() => this.ended, 'the end');
  }

  close(): void {
    this.response.destroy();
  }

  private async until(holds: () => boolean, what: string): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!holds()) {
      if (this.ended) throw new Error(`the stream ended before ${what}`);
      await once(this.news, 'news', { signal });
    }
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) this.takeBlock(block);
    this.news.emit('news');
  }

  private takeBlock(block: string): void {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    const [comment, retry, data] = [fields.get(''), fields.get('retry'), fields.get('data')];
    if (comment !== undefined) this.comments.push(comment);
    if (retry !== undefined) this.retryMs = Number(retry);
    if (data === undefined) return;
    const [id = '', event = ''] = [fields.get('id'), fields.get('event')];
    this.frames.push({ id, event, data: JSON.parse(data) });
  }
}
