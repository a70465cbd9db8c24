import { randomUUID } from 'node:crypto';
import type { Pair } from './directory-xml';
import { urlEncode } from './encoding';

/** Where in FreeSWITCH's source an event is made. */
export interface Origin {
  file: string;
  function: string;
  line: number;
}

/** Makes the headers that every event and every xml_curl request begins with. */
export class EventHeaders {
  coreUuid: string = randomUUID();
  #sequence = 450;

  /** @param now the time in ms. */
  constructor(
    readonly switchname: string,
    private readonly now: () => number,
  ) {}

  make(name: string, origin: Origin): Pair[] {
    const date = new Date(this.now());
    this.#sequence += 1;
    return [
      ['Event-Name', name],
      ['Core-UUID', this.coreUuid],
      ['FreeSWITCH-Hostname', 'vm'],
      ['FreeSWITCH-Switchname', this.switchname],
      ['FreeSWITCH-IPv4', '192.0.2.2'],
      ['FreeSWITCH-IPv6', 'fd00::2'],
      ['Event-Date-Local', date.toISOString().slice(0, 19).replace('T', ' ')],
      ['Event-Date-GMT', date.toUTCString()],
      ['Event-Date-Timestamp', String(Math.round(date.getTime() * 1000))],
      ['Event-Calling-File', origin.file],
      ['Event-Calling-Function', origin.function],
      ['Event-Calling-Line-Number', String(origin.line)],
      ['Event-Sequence', String(this.#sequence)],
    ];
  }

  custom(subclass: string, origin: Origin, headers: Pair[]): Pair[] {
    return [['Event-Subclass', subclass], ...this.make('CUSTOM', origin), ...headers];
  }
}

/** A header's value, or an empty text. */
export const header = (event: Pair[], name: string): string =>
  event.find(([each]) => each === name)?.[1] ?? '';

/** An event as FreeSWITCH prints it in JSON: headers that repeat stay, in their order. */
export function asJson(event: Pair[]): string {
  return `{${event.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** An event as FreeSWITCH prints it in its plain format. */
export function asPlain(event: Pair[]): string {
  return `${event.map(([name, value]) => `${name}: ${urlEncode(value)}\n`).join('')}\n`;
}
