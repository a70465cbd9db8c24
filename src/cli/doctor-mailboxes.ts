import { type DataSource } from 'typeorm';
import { type InstallationSecrets } from '../platform/config/secret-files';
import { Extension } from '../schema/extension.entity';
import { pinFaultOf } from '../pbx/extensions/pin-faults';
import { mailable } from '../core/voicemail-rules';
import { SealedBox } from '../platform/secrets/sealed-box';
import { SipCredentials } from '../platform/secrets/sip-credentials.service';

const PAGE = 1_000;
const MOST_NAMED = 10;

/** What is wrong with mailboxes, and whose it is: `NUMBER@DOMAIN`. */
const SENTENCES = {
  none: 'no PIN, so nobody hears the messages by telephone',
  obvious: 'a PIN that is guessed first',
  'cannot be dialled': 'a PIN that no telephone dials, so nobody hears the messages by telephone',
  mail: 'a mail address that FreeSWITCH is not given, so nothing is mailed',
} as const;
type Fault = keyof typeof SENTENCES;

/** One line for each fault that a mailbox in use has; none is refused. */
export async function mailboxWarnings(
  dataSource: DataSource,
  secrets: InstallationSecrets,
): Promise<string[]> {
  const credentials = new SipCredentials(new SealedBox(secrets.appKey));
  const found = new Map<Fault, string[]>();
  const note = (fault: Fault | null, who: string): void => {
    if (fault !== null) found.set(fault, [...(found.get(fault) ?? []), who]);
  };
  for await (const extension of mailboxes(dataSource)) {
    const who = `${extension.extensionNumber}@${extension.tenant?.domain}`;
    note(pinFaultOf(credentials, extension), who);
    const { voicemailEmail: email } = extension;
    note(email === null || mailable(email) ? null : 'mail', who);
  }
  return [...found].map(([fault, all]) => `${SENTENCES[fault]}: ${numberList(all)}`);
}

async function* mailboxes(dataSource: DataSource): AsyncGenerator<Extension> {
  for (let last = 0; ;) {
    const page = await dataSource
      .createQueryBuilder(Extension, 'e')
      .innerJoinAndSelect('e.tenant', 't')
      .where('e.id > :last AND e.live_number IS NOT NULL AND e.voicemail_enabled = :on', { last, on: true })
      .orderBy('e.id')
      .take(PAGE)
      .getMany();
    yield* page;
    if (page.length < PAGE) return;
    last = page.at(-1)?.id ?? last;
  }
}

/** The first of them, and how many more there are. */
export function numberList(all: readonly string[]): string {
  const some = all.slice(0, MOST_NAMED).join(', ');
  return all.length > MOST_NAMED ? `${some} and ${all.length - MOST_NAMED} more` : some;
}
