import { benchApi } from './bench-api';
import { benchLookups } from './bench-lookups';
import { benchMemory } from './bench-memory';
import { benchRegistrations } from './bench-registrations';
import { startDatabases } from './databases';
import { machine } from './report';
import { Server } from './servers';
import { MANY, startSubjects } from './subjects';

async function main(): Promise<void> {
  const databases = await startDatabases();
  const stop = async (): Promise<void> => {
    await Server.stopAll();
    await databases.stop();
  };
  process.once('SIGINT', () => void stop().finally(() => process.exit(1)));
  const print = (text: string): boolean => process.stdout.write(`${text}\n`);
  try {
    const subjects = await startSubjects(databases);
    print(machine(databases.mariadbVersion));
    print('');
    print(await benchLookups(subjects));
    print(await benchApi(subjects));
    const watched = subjects.find(({ extensions }) => extensions === MANY);
    if (watched) print(await benchMemory(watched));
    print(await benchRegistrations(databases));
  } finally {
    await stop();
  }
}

void main();
