import { type Databases, type Kind, seed } from './databases';
import { Server } from './servers';

export const FEW = 1_000;
export const MANY = 100_000;

/** A Dialplane under test and the database it serves. */
export interface Subject {
  kind: Kind;
  extensions: number;
  url: string;
  token: string;
  server: Server;
}

/** One on each kind of database with few extensions and one with many. */
export async function startSubjects(databases: Databases): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (const kind of databases.kinds) {
    for (const extensions of [FEW, MANY]) {
      process.stderr.write(`Filling ${kind} with ${extensions} extensions\n`);
      const url = await databases.create(kind);
      const token = await seed(url, extensions);
      subjects.push({ kind, extensions, url, token, server: await Server.dialplane(url) });
    }
  }
  return subjects;
}
