import { FirstSchema1763700000000 } from './1763700000000-first-schema';
import { RevocationReceipts1763800000000 } from './1763800000000-revocation-receipts';
import { OutsideCallsAndVoicemailMail1763900000000 } from './1763900000000-outside-calls-and-voicemail-mail';

/** In the order of their time stamps; a landed migration is never changed. */
export const migrations = [
  FirstSchema1763700000000,
  RevocationReceipts1763800000000,
  OutsideCallsAndVoicemailMail1763900000000,
];
