/** The part of modesl that we use; it ships no types of its own. */
declare module 'modesl' {
  import type { Socket } from 'node:net';

  export interface Event {
    getHeader(name: string): string | null;
    getBody(): string;
  }

  /** What arrives with a frame; events that modesl makes itself carry no headers. */
  type FrameListener = (event: Event, headers?: Record<string, string | number>) => void;

  export class Connection {
    constructor(host: string, port: number, password: string);
    socket: Socket | null;
    /** What modesl subscribes to by itself after authentication. */
    reqEvents: string[];
    on(name: 'error', listener: (error: NodeJS.ErrnoException) => void): this;
    on(name: `esl::${string}`, listener: FrameListener): this;
    filter(header: string, value: string, reply: (event: Event) => void): void;
    subscribe(events: string[], reply: (event: Event) => void): void;
    api(command: string, reply: (event: Event) => void): void;
  }
}
