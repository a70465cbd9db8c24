/** The present, in whole seconds: that is what the database keeps and answers show. */
export function now(): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000);
}

/** ISO 8601 with offset and no fraction, as every answer writes times. */
export function isoTime(date: Date): string {
  return date.toISOString().slice(0, 19) + '+00:00';
}
