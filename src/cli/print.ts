import { commandIo } from './command-io';

/** What a command answers with: lines for people, or one object for programs. */
export interface Printed {
  lines: string[];
  json: Record<string, unknown>;
  failed?: boolean;
}

export function print({ lines, json }: Printed, asJson: boolean): void {
  commandIo().stdout.write(asJson ? `${JSON.stringify(json)}\n` : `${lines.join('\n')}\n`);
}
