import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { preProcessFile } from 'typescript';

const SRC = join(__dirname, '../../src');
const BEGIN = '<!-- rooms -->';
const END = '<!-- /rooms -->';

/** A page with the drawing of the rooms of src between its two marks. */
export function withRoomsDrawing(page: string): string {
  const [before] = page.split(BEGIN);
  const [, after] = page.split(END);
  const arrows = needed(importsBetweenRooms()).map(([from, to]) => `  ${from} --> ${to}`);
  return `${before}${BEGIN}\n\n\`\`\`mermaid\nflowchart TD\n${arrows.join('\n')}\n\`\`\`\n\n${END}${after}`;
}

type Rooms = Map<string, Set<string>>;

/** Which room imports which, types included. */
function importsBetweenRooms(): Rooms {
  const rooms: Rooms = new Map();
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    const [from = '', ...rest] = file.split('/');
    if (rest.length === 0 || !file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
    for (const { fileName } of preProcessFile(readFileSync(join(SRC, file), 'utf8')).importedFiles) {
      const [to = '', ...inner] = posix.join(posix.dirname(file), fileName).split('/');
      if (!fileName.startsWith('.') || inner.length === 0 || to === '..' || to === from) continue;
      rooms.set(from, (rooms.get(from) ?? new Set()).add(to));
    }
  }
  return rooms;
}

/** Without the arrows that a longer way shows too: all of them would hide the order. */
function needed(rooms: Rooms): [string, string][] {
  const reaches = (from: string, to: string, passed = new Set<string>()): boolean => {
    if (passed.has(from)) return false;
    passed.add(from);
    return [...(rooms.get(from) ?? [])].some((room) => room === to || reaches(room, to, passed));
  };
  const arrows = [...rooms].flatMap(([from, tos]) => [...tos].map((to): [string, string] => [from, to]));
  return arrows
    .filter(([from, to]) => ![...(rooms.get(from) ?? [])].some((room) => room !== to && reaches(room, to)))
    .sort(([one, a], [other, b]) => one.localeCompare(other) || a.localeCompare(b));
}
