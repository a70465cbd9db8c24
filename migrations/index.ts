import { FirstSchema1763700000000 } from './1763700000000-first-schema';

/** In the order of their time stamps; a landed migration is never changed. */
export const migrations = [FirstSchema1763700000000];
