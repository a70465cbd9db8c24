/** An emergency number, everywhere one is read: 2 to 6 digits; what is longer is dialled like any number outside. */
export const EMERGENCY_NUMBER = /^[0-9]{2,6}$/;
/** How many of its own a tenant may have. */
export const MOST_EMERGENCY_NUMBERS = 20;

/**
 * Called in every country: ITU-T E.161.1 names them for all networks, and a mobile phone takes both for emergency
 * calls wherever it is (3GPP TS 22.101, 10.1.1).
 */
const EVERYWHERE = ['112', '911'];

/**
 * By calling code, what is called beside those two. A number is here when libphonenumber's metadata of short numbers
 * has it as an emergency number of the country, and it is one of police, fire, ambulance or sea rescue. 113 to 115 of
 * Vietnam are those of decision 2023/QD-TTg as well. A country that is missing, or has changed since, is a tenant's
 * setting.
 */
const NATIONAL: Readonly<Record<string, readonly string[]>> = {
  1: [],
  7: ['101', '102', '103'],
  20: ['122', '123', '180'],
  27: ['10111'],
  30: ['100', '166', '199'],
  31: [],
  32: ['100', '101'],
  33: ['15', '17', '18'],
  34: [],
  36: ['104', '105', '107'],
  39: ['113', '115', '118'],
  40: [],
  41: ['117', '118', '144'],
  43: ['122', '133', '144'],
  44: ['999'],
  45: [],
  46: [],
  47: ['110', '113'],
  48: ['997', '998', '999'],
  49: ['110'],
  52: [],
  54: ['100', '101', '107'],
  55: ['190', '192', '193'],
  56: ['131', '132', '133'],
  57: ['123'],
  60: ['999'],
  61: ['000'],
  62: ['110', '113', '118', '119'],
  64: ['111'],
  65: ['995', '999'],
  66: ['191', '199', '1669'],
  81: ['110', '119'],
  82: ['119'],
  84: ['113', '114', '115'],
  86: ['110', '119', '120'],
  90: ['110', '155'],
  91: ['100', '101', '102', '108'],
  351: [],
  352: ['113'],
  353: ['999'],
  358: [],
  380: ['101', '102', '103'],
  420: ['150', '155', '158'],
  421: ['150', '155', '158'],
  852: ['999'],
  853: ['999'],
  855: ['117', '118', '119'],
  856: ['190', '191', '195'],
  886: ['110', '119'],
  966: ['997', '999'],
  971: ['997', '998', '999'],
  972: ['100', '101', '102'],
};

/** What of a tenant says which numbers are emergency numbers. */
export interface Emergencies {
  countryCode: string;
  /** Its own instead of those of the country, with commas between them; null: the country's. */
  emergencyNumbers: string | null;
}

/** The emergency numbers of a tenant, in order: its own or its country's, and those of every country. */
export function emergencyNumbersOf({ countryCode, emergencyNumbers }: Emergencies): string[] {
  const own = emergencyNumbers === null ? (NATIONAL[countryCode] ?? []) : listOf(emergencyNumbers);
  return [...new Set([...EVERYWHERE, ...own])].sort();
}

const listOf = (kept: string): string[] => kept.split(',').filter((number) => number !== '');
