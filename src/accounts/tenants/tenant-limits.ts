export const MAX_EXTENSIONS = { min: 0, max: 10_000_000 };
/** The dialplan of freeswitch-conf rings no more phones of one extension. */
export const MAX_DEVICES = { min: 1, max: 10 };
/** A call of two phones has two legs. */
export const MAX_LEGS = { min: 2, max: 100_000 };
