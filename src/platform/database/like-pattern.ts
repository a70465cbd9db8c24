/** The pattern of a LIKE that finds `search` anywhere, to be used with `ESCAPE '!'`. */
export function likePattern(search: string): string {
  return `%${search.replace(/[!%_]/g, '!$&')}%`;
}
