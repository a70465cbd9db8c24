/** How long a test waits for what must come: long, since it ends only a failing test, on however busy a machine. */
export const PATIENCE_MS = 120_000;
