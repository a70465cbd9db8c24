/** A resource's fields as they are told of; a secret stands there as it is kept, sealed or hashed. */
export type Fields = Record<string, unknown>;

export type Changes = Record<string, { before: unknown; after: unknown }>;

/** Of these it is told only that they changed. */
const SECRETS = new Set(['sip_password', 'voicemail_pin', 'password']);

/** What differs, field by field; null stands for a resource that is not there yet, or no more. */
export function changesBetween(before: Fields | null, after: Fields | null): Changes {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const changes: Changes = {};
  for (const name of names) {
    const [was, is] = [before?.[name] ?? null, after?.[name] ?? null];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    changes[name] = SECRETS.has(name)
      ? { before: hidden(was), after: hidden(is, 'changed') }
      : { before: was, after: is };
  }
  return changes;
}

function hidden(value: unknown, word = 'set'): string | null {
  return value === null ? null : word;
}
