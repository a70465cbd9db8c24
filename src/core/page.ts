/** Which rows of a list are wanted: `take` of them, after the first `skip`. */
export interface RowRange {
  skip: number;
  take: number;
}

/** The rows of a page. @param page 1 is the first */
export function rowsOfPage(page: number, perPage: number): RowRange {
  return { skip: (page - 1) * perPage, take: perPage };
}

/** The number of a list's last page; 1 also for an empty list. */
export function lastPage(total: number, perPage: number): number {
  return Math.max(1, Math.ceil(total / perPage));
}
