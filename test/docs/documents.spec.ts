import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '../..');
const README_BYTES = 6_144;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Every Markdown file that a reader is led to. */
const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  'client/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true })
    .map((name) => join('docs', String(name)))
    .filter((name) => name.endsWith('.md')),
];

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  const headings = withoutCode(text).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '');
}

/** The links of a document that lead nowhere. */
function brokenLinks(path: string): string[] {
  const links = withoutCode(read(path)).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g);
  return [...links].flatMap(([, link = '']) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file));
    if (!existsSync(join(ROOT, target))) return [link];
    const known = anchor === undefined || anchorsOf(read(target)).includes(anchor);
    return known ? [] : [link];
  });
}

describe('documents', () => {
  it.each(DOCUMENTS)('%s has no link that leads nowhere', (path) => {
    expect(brokenLinks(path)).toEqual([]);
  });

  it('each is linked from the README or the index of docs', () => {
    const linked = ['README.md', 'docs/README.md', 'docs/adr/README.md'].flatMap((path) =>
      [...read(path).matchAll(/\]\(([^)#\s]+\.md)/g)].map(([, link = '']) => join(dirname(path), link)),
    );
    expect(DOCUMENTS.filter((path) => path !== 'README.md' && !linked.includes(path))).toEqual([]);
  });

  it('the README is short', () => {
    expect(statSync(join(ROOT, 'README.md')).size).toBeLessThan(README_BYTES);
  });

  it('name only scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = DOCUMENTS.flatMap((path) =>
      [...read(path).matchAll(/npm run (?:-s )?([a-z][a-z:]*)/g)].map(([, name = '']) => name),
    );
    expect([...new Set(named)].filter((name) => !(name in scripts))).toEqual([]);
  });

  it('name only tests that there are', () => {
    const files = readdirSync(join(ROOT, 'test'), { recursive: true }).map((name) =>
      join('test', String(name)),
    );
    const named = DOCUMENTS.flatMap((path) =>
      [...read(path).matchAll(/npm (?:test|run test:live) -- ([a-z][a-z/-]*)/g)].map(([, name = '']) => name),
    );
    expect([...new Set(named)].filter((name) => !files.some((file) => file.includes(name)))).toEqual([]);
  });

  it('say of every dependency what we would otherwise write', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const table = read('docs/dependencies.md');
    const names = Object.keys({ ...dependencies, ...devDependencies });
    const missing = names.filter((name) => {
      const scope = `${name.split('/')[0]}/*`;
      return !table.includes(`\`${name}\``) && !(name.includes('/') && table.includes(`\`${scope}\``));
    });
    expect(missing).toEqual([]);
  });

  it('name every variable of freeswitch-conf', () => {
    const variables = [...read('freeswitch-conf/vars.xml').matchAll(/\$\{?([A-Z][A-Z0-9_]+)/g)].map(
      ([, name = '']) => name,
    );
    const page = read('docs/reference/freeswitch.md');
    expect([...new Set(variables)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
