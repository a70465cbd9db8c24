import { benchApi } from './bench-api';
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

interface Bench {
  databases: Databases;
  subjects: Subject[];
  /** The one of which more is looked at than its speed. */
  watched: Subject;
  /** One with few extensions. */
  small: Subject;
}

/** `npm run bench -- NAME…` runs those; without a name all. */
const PARTS: Record<string, (bench: Bench) => Promise<string>> = {
  lookups: ({ subjects }) => benchLookups(subjects),
  api: ({ subjects }) => benchApi(subjects),
  memory: ({ watched }) => benchMemory(watched),
  scanners: ({ watched }) => benchScanners(watched),
  streams: ({ small }) => benchStreams(small),
  registrations: ({ databases }) => benchRegistrations(databases),
  imports: ({ databases }) => benchImports(databases),
};

async function main(names: string[]): Promise<void> {
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown) throw new Error(`There is no part ${unknown}, only ${Object.keys(PARTS).join(', ')}.`);
  const databases = await startDatabases();
  const stop = async (): Promise<void> => {
    await Server.stopAll();
    await databases.stop();
  };
  process.once('SIGINT', () => void stop().finally(() => process.exit(1)));
  const print = (text: string): boolean => process.stdout.write(`${text}\n`);
  try {
    const subjects = await startSubjects(databases);
    const watched = subjects.find(({ extensions }) => extensions === MANY);
    const small = subjects.find(({ extensions }) => extensions === FEW);
    if (!watched || !small) return;
    print(`${machine(databases.mariadbVersion)}\n`);
    for (const [name, part] of Object.entries(PARTS)) {
      if (names.length === 0 || names.includes(name))
        print(await part({ databases, subjects, watched, small }));
    }
  } finally {
    await stop();
  }
}

void main(process.argv.slice(2));
