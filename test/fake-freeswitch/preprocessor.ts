/** Commands that FreeSWITCH's preprocessor carries out; any other is passed over in silence. */
const COMMANDS = new Set(['set', 'exec-set', 'stun-set', 'env-set', 'include', 'exec']);

/**
 * What FreeSWITCH does to every configuration file and every xml_curl answer before its XML parser sees it
 * (switch_xml.c, preprocess): variables, includes, X-PRE-PROCESS tags, `<!--#` comments; line by line.
 * @returns the text that is left, and the commands that were carried out as `name data`.
 */
export function preprocess(
  text: string,
  globals: Readonly<Record<string, string>>,
): { text: string; executed: string[] } {
  const variables = new Map(Object.entries(globals));
  const executed: string[] = [];
  const run = (command: Command | null): void => {
    if (!command || !COMMANDS.has(command.name)) return;
    executed.push(`${command.name} ${command.data}`);
    const [name, ...value] = command.data.split('=');
    if (command.name === 'set' && name && value.length > 0)
      variables.set(name.trimEnd(), value.join('=').trimStart());
  };
  let left = '';
  let inComment = false;
  // A carriage return ends a line as well.
  for (const line of text.match(/[^\r\n]*[\r\n]|[^\r\n]+/g) ?? []) {
    const { expanded, looked } = expand(line, variables);
    if (looked.includes('<include>') || looked.includes('</include>') || looked.includes('<?')) continue;
    let rest = expanded;
    if (inComment) {
      const end = looked.indexOf('-->');
      if (end === -1) continue;
      inComment = false;
      rest = looked.slice(end + 3);
    }
    const tag = rest.toLowerCase().indexOf('x-pre-process');
    const comment = rest.indexOf('<!--#');
    if (tag !== -1) {
      // The whole line goes, what stands before and after the tag as well.
      if (rest[tag - 1] === '<') run(commandOfTag(rest.slice(tag)));
    } else if (comment !== -1) {
      const end = rest.indexOf('-->', comment);
      left += rest.slice(0, comment) + (end === -1 ? '' : rest.slice(end + 3));
      inComment = end === -1;
      run(commandOfComment(rest.slice(comment + 5, end === -1 ? undefined : end)));
    } else {
      left += rest;
    }
  }
  return { text: left, executed };
}

interface Command {
  name: string;
  data: string;
}

function commandOfTag(tag: string): Command | null {
  const end = tag.indexOf('/>');
  const found = /cmd.*?=.*?"([^"]*)".*?data.*?=.*?"([^"]*)/is.exec(end === -1 ? tag : tag.slice(0, end + 2));
  return found ? { name: (found[1] ?? '').toLowerCase(), data: found[2] ?? '' } : null;
}

function commandOfComment(comment: string): Command | null {
  const found = /^([^ ]*) (.*)$/.exec(comment.split(/[\r\n]/)[0] ?? '');
  if (!found) return null;
  const data = found[2] ?? '';
  return { name: (found[1] ?? '').toLowerCase(), data: /"([^"]*)"/.exec(data)?.[1] ?? data };
}

/**
 * Replaces `$${name}` by the global of that name, or nothing. `looked` is the text in which FreeSWITCH
 * looks for includes and prologues: it marks the end of the first variable's name there, and so stops at it.
 */
function expand(line: string, variables: ReadonlyMap<string, string>): { expanded: string; looked: string } {
  let expanded = '';
  let looked = line;
  let at = 0;
  while (at < line.length) {
    const end = line.startsWith('$${', at) ? endOfBraces(line, at + 2) : -1;
    if (end === -1) {
      expanded += line.charAt(at);
      at += 1;
    } else {
      expanded += variables.get(line.slice(at + 3, end)) ?? '';
      if (looked === line) looked = line.slice(0, end);
      at = end + 1;
    }
  }
  return { expanded, looked };
}

function endOfBraces(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}
