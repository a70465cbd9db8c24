import { benchApi } from './bench-api';
import { benchEvents } from './bench-events';
import { benchImports } from './bench-imports';
import { benchLookups } from './bench-lookups';
import { benchMemory } from './bench-memory';
import { benchRegistrations } from './bench-registrations';
import { benchScanners } from './bench-scanners';
import { benchStreams } from './bench-streams';
import { type Databases, startDatabases } from './databases';
import { machine } from './report';
import { Server } from './servers';
import { FEW, MANY, startSubjects, type Subject } from './subjects';

/** What the first parts measure: filling it takes a minute. */
interface Filled {
  subjects: Subject[];
  /** The one of which more is looked at than its speed. */
  watched: Subject;
  /** One with few extensions. */
  small: Subject;
}

/** `npm run bench -- NAME…` runs those; without a name all. */
const ON_SUBJECTS: Record<string, (filled: Filled) => Promise<string>> = {
  lookups: ({ subjects }) => benchLookups(subjects),
  api: ({ subjects }) => benchApi(subjects),
  memory: ({ watched }) => benchMemory(watched),
  scanners: ({ watched }) => benchScanners(watched),
  streams: ({ small }) => benchStreams(small),
};
const ON_THEIR_OWN: Record<string, (databases: Databases) => Promise<string>> = {
  events: benchEvents,
  registrations: benchRegistrations,
  imports: benchImports,
};

async function main(names: string[]): Promise<void> {
  const parts = Object.keys({ ...ON_SUBJECTS, ...ON_THEIR_OWN });
  const unknown = names.find((name) => !parts.includes(name));
  if (unknown) throw new Error(`There is no part ${unknown}, only ${parts.join(', ')}.`);
  const databases = await startDatabases();
  const stop = async (): Promise<void> => {
    await Server.stopAll();
    await databases.stop();
  };
  process.once('SIGINT', () => void stop().finally(() => process.exit(1)));
  const print = (text: string): boolean => process.stdout.write(`${text}\n`);
  const chosen = <T>(table: Record<string, T>): T[] =>
    Object.entries(table).flatMap(([name, part]) =>
      names.length === 0 || names.includes(name) ? [part] : [],
    );
  try {
    print(`${machine(databases.mariadbVersion)}\n`);
    const onSubjects = chosen(ON_SUBJECTS);
    const filled = onSubjects.length > 0 ? fill(await startSubjects(databases)) : null;
    for (const part of onSubjects) if (filled) print(await part(filled));
    for (const part of chosen(ON_THEIR_OWN)) print(await part(databases));
  } finally {
    await stop();
  }
}

function fill(subjects: Subject[]): Filled {
  const of = (count: number): Subject => {
    const found = subjects.find(({ extensions }) => extensions === count);
    if (!found) throw new Error(`There is no subject of ${count} extensions.`);
    return found;
  };
  return { subjects, watched: of(MANY), small: of(FEW) };
}

void main(process.argv.slice(2));
