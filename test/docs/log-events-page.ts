import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED, table } from './markdown';

const SRC = join(__dirname, '../../src');
/** A log line's fields with its event, and the sentence behind or before them. */
const EVENT =
  /(?:(['"])((?:(?!\1).)+)\1,\s*)?\{\s*event: '([a-z_]+\.[a-z_]+)'(?:[^{}]|\{[^{}]*\})*\}(?:,\s*(['"`])((?:(?!\4)[^])+?)\4)?/g;

/** Sentences that do not stand beside their event in the code. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'contact.unregistered': 'a contact is unregistered: …',
  'directory.lookup_failed': 'directory lookup failed',
  'http.answered': 'answered',
  'node.state_changed': 'a FreeSWITCH node changed its state',
};

/** docs/reference/log-events.md */
export function logEventsPage(): string {
  const events = new Map<string, string>();
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
    for (const [, , before, event = '', , after] of readFileSync(join(SRC, file), 'utf8').matchAll(EVENT)) {
      const sentence = before ?? after ?? ELSEWHERE[event] ?? '';
      events.set(event, sentence.replace(/\$\{[^}]*\}/g, '…'));
    }
  }
  const rows = [...events].sort(([one], [other]) => one.localeCompare(other));
  return `${GENERATED}# Log events

Every line that Dialplane logs on its own has an \`event\` that stays the same, so that it can be searched for and counted;
the sentence is for people and may change. With \`LOG_FORMAT=json\` a line is one JSON object; a request's lines have its
\`reqId\`, which the client receives as \`X-Request-Id\`.

${table(
  ['event', 'sentence'],
  rows.map(([event, sentence]) => [`\`${event}\``, sentence]),
)}`;
}
