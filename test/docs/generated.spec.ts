import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program } from '../../src/cli/run';
import { cliPage } from './cli-page';
import { endpoints } from './endpoints';
import { logEventsPage } from './log-events-page';
import { rolesPage } from './roles-page';
import { withRoomsDrawing } from './rooms-drawing';
import { envExample, settingsPage } from './settings-pages';

const ROOT = join(__dirname, '../..');
/** Set by `npm run docs`: the files are written, not only compared. */
const WRITES = process.env.WRITE_DOCS === '1';

/** What the code says each file must hold. */
const PAGES: Record<string, () => string | Promise<string>> = {
  'docs/reference/settings.md': settingsPage,
  'docs/reference/cli.md': () => cliPage(program()),
  'docs/reference/log-events.md': logEventsPage,
  'docs/reference/roles.md': async () => rolesPage(await endpoints()),
  '.env.example': envExample,
  'docs/architecture.md': () => withRoomsDrawing(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')),
};

describe('generated documents', () => {
  it.each(Object.entries(PAGES))('%s is what `npm run docs` writes', async (path, page) => {
    const text = await page();
    if (WRITES) writeFileSync(join(ROOT, path), text);
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  });
});
