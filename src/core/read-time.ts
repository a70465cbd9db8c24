const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** A moment from ISO 8601 with or without a fraction, with Z or an offset; null for anything else. */
export function readTime(value: unknown): Date | null {
  if (typeof value !== 'string' || !MOMENT.test(value)) return null;
  const time = new Date(value);
  const [day = ''] = value.split('T');
  // JavaScript takes the 31st of February for the 3rd of March.
  const isDay = new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true;
  if (!isDay || Number.isNaN(time.getTime())) return null;
  // In UTC it may be a year that no database keeps.
  const year = time.getUTCFullYear();
  return year < 0 || year > 9999 ? null : time;
}

/** The same, or the beginning of a day in UTC. */
export function readTimeOrDay(value: unknown): Date | null {
  return readTime(typeof value === 'string' && DAY.test(value) ? `${value}T00:00:00Z` : value);
}
