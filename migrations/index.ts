import { FirstSchema1763700000000 } from './1763700000000-first-schema';
import { RevocationReceipts1763800000000 } from './1763800000000-revocation-receipts';
import { OutsideCallsAndVoicemailMail1763900000000 } from './1763900000000-outside-calls-and-voicemail-mail';
import { Users1764000000000 } from './1764000000000-users';
import { Audit1764000100000 } from './1764000100000-audit';
import { IdempotencyKeys1764000200000 } from './1764000200000-idempotency-keys';
import { ImportJobs1764000300000 } from './1764000300000-import-jobs';
import { TeamsAndDeletedExtensions1764000400000 } from './1764000400000-teams-and-deleted-extensions';
import { FreeswitchNodes1764100100000 } from './1764100100000-freeswitch-nodes';
import { UnknownNodes1764100100001 } from './1764100100001-unknown-nodes';
import { Mailboxes1764100200000 } from './1764100200000-mailboxes';
import { WeakPasswords1764100300000 } from './1764100300000-weak-passwords';
import { OneCallerIdANumber1764100310000 } from './1764100310000-one-caller-id-a-number';
import { EmergencyNumbers1764100311000 } from './1764100311000-emergency-numbers';
import { LimitsOfTenants1764100400000 } from './1764100400000-limits-of-tenants';
import { ListingIndex1764100500000 } from './1764100500000-listing-index';
import { EventLog1764100600000 } from './1764100600000-event-log';

/** In the order of their time stamps; a landed migration is never changed. */
export const migrations = [
  FirstSchema1763700000000,
  RevocationReceipts1763800000000,
  OutsideCallsAndVoicemailMail1763900000000,
  Users1764000000000,
  Audit1764000100000,
  IdempotencyKeys1764000200000,
  ImportJobs1764000300000,
  TeamsAndDeletedExtensions1764000400000,
  FreeswitchNodes1764100100000,
  UnknownNodes1764100100001,
  Mailboxes1764100200000,
  WeakPasswords1764100300000,
  OneCallerIdANumber1764100310000,
  EmergencyNumbers1764100311000,
  LimitsOfTenants1764100400000,
  ListingIndex1764100500000,
  EventLog1764100600000,
];
