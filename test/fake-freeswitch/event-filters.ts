import type { Pair } from './directory-xml';

const MODIFIERS = /^[+ -]*/;

/**
 * What mod_event_socket does with `filter NAME VALUE`: an event passes if the values of any filters fit one of its
 * headers, and none fits that begins with `-`; without filters all pass.
 */
export class EventFilters {
  #filters: { name: string; value: string }[] = [];

  /** `[add] NAME VALUE`, `delete NAME [VALUE]` or `delete all`. @returns the reply */
  change(line: string): string {
    const words = line.trim().split(' ');
    const isDelete = words[0]?.toLowerCase() === 'delete' && words.length > 1;
    if (isDelete || (words[0]?.toLowerCase() === 'add' && words.length > 1)) words.shift();
    const [name = '', ...rest] = words;
    const value = rest.join(' ');
    if (isDelete) {
      const goes = (filter: { name: string; value: string }): boolean =>
        name.toLowerCase() === 'all' ||
        (isSame(filter.name, name) && (rest.length === 0 || filter.value === value));
      this.#filters = this.#filters.filter((filter) => !goes(filter));
      return `+OK filter deleted. [${name}][${value}]`;
    }
    if (rest.length === 0) return '-ERR invalid syntax';
    this.#filters.push({ name, value });
    return `+OK filter added. [${name}]=[${value}]`;
  }

  /** In the order in which they were added; the last sign at a value's beginning counts. */
  pass(event: Pair[]): boolean {
    if (this.#filters.length === 0) return true;
    let passes = false;
    for (const { name, value } of this.#filters) {
      const found = event.find(([each]) => isSame(each, name))?.[1];
      if (found === undefined) continue;
      const [signs = ''] = MODIFIERS.exec(value) ?? [];
      const isWanted = (signs.match(/[+-]/g)?.at(-1) ?? '+') === '+';
      if ((passes && isWanted) || !fits(found, value.slice(signs.length), value.startsWith('/'))) continue;
      if (!isWanted) return false;
      passes = true;
    }
    return passes;
  }
}

/** FreeSWITCH fact: behind a sign there is no regular expression. */
function fits(text: string, value: string, isPattern: boolean): boolean {
  if (!isPattern) return isSame(text, value);
  const end = value.lastIndexOf('/');
  return end > 0 && new RegExp(value.slice(1, end)).test(text);
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
