import { countRegistrations, listRegistrations } from '../../../freeswitch/commands';
import { type EslClient } from '../../../freeswitch/esl-client';
import { accountsOf } from '../../../freeswitch/names';
import { type Registration } from '../../../freeswitch/registrations-xml';
import { seenInList, type Seen } from './device';
import { type RegistrationTable } from './registration-table';

/** An extension. */
export interface Whose {
  number: string;
  domain: string;
}

export interface ListOptions {
  node: EslClient;
  profile: string;
  registrations: RegistrationTable;
  /** Has the node asked about one extension alone, in the same profile. */
  ask: (extension: Whose) => Promise<unknown>;
  /** Told of each row with something new. */
  news: (row: Registration) => void;
  signal: AbortSignal;
}

const AT_A_TIME = 2_000;

/**
 * Brings what is known of one profile up to date with its list. FreeSWITCH fact: a phone can write whole rows in a header;
 * then there are more than FreeSWITCH counts, and nothing new is believed before its extension was asked about alone.
 * @throws what listRegistrations, countRegistrations and `ask` throw
 */
export async function readList(options: ListOptions): Promise<void> {
  const { node, profile, registrations, signal } = options;
  const before = await countRegistrations(node, profile);
  const round = registrations.beginRound(profile, Date.now());
  try {
    const news: Seen[] = [];
    const see = (row: Registration): void => {
      if (!isOurs(row)) return;
      const now = Date.now();
      const seen = seenInList(row, now);
      if (!registrations.isNews(seen)) return registrations.see(round, seen, now);
      options.news(row);
      news.push(seen);
    };
    const rows = await listRegistrations(node, profile, see, signal);
    const counted = Math.max(before, await countRegistrations(node, profile));
    if (rows > counted) await askAlone(news, options);
    else {
      for (const [index, seen] of news.entries()) {
        registrations.see(round, seen, Date.now());
        if (index % AT_A_TIME === AT_A_TIME - 1) await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await registrations.endRound(round);
  } finally {
    registrations.dropRound(round);
  }
}

async function askAlone(news: readonly Seen[], { ask, signal }: ListOptions): Promise<void> {
  const extensions = new Map(news.map(({ number, domain }) => [`${number}@${domain}`, { number, domain }]));
  for (const extension of extensions.values()) {
    signal.throwIfAborted();
    await ask(extension);
  }
}

/** Filed under its own name by someone who knew its password: see registeredName. */
function isOurs({ user, authUser, authRealm }: Registration): boolean {
  return accountsOf(authUser, authRealm).includes(user);
}
