import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Throttled } from '../../../core/seldom';
import { sanitizeText } from '../../../core/sanitize-text';
import { dropCallId, dropContacts } from '../../../freeswitch/commands';
import { type EslClient } from '../../../freeswitch/esl-client';
import { Listeners } from '../../../core/listeners';
import { NodePool } from '../../../freeswitch/node-pool';
import { whyNotAlone } from '../../../freeswitch/one-contact';
import { type ContactToEnd } from './contact-to-end';
import { RegistrationsService } from './registrations.service';

/** A contact that is being dropped, or waits for another attempt. */
interface Work {
  contact: ContactToEnd;
  attempts: number;
  /** It was registered again meanwhile. */
  again: boolean;
  timer: NodeJS.Timeout | null;
}

const MOST_AT_ONCE = 1_000;
const MOST_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 500;
/** A phone that registers again and again is logged so often. */
const LOG_EVERY_MS = 60_000;

/** Has nodes drop single contacts that may not stay, at once; the phone may register again. */
@Injectable()
export class ContactEndings implements OnApplicationShutdown {
  private readonly logger = new Logger(ContactEndings.name);
  /** By node, profile and contact. */
  private readonly works = new Map<string, Work>();
  private readonly logged = new Throttled(LOG_EVERY_MS, MOST_AT_ONCE);
  private readonly ended = new Listeners<ContactToEnd>((error) =>
    this.logger.error({ event: 'listener.failed', err: error }, 'a listener failed'),
  );

  constructor(
    private readonly pool: NodePool,
    private readonly registrations: RegistrationsService,
  ) {}

  /** @returns a function that ends the listening. */
  onEnd(hear: (contact: ContactToEnd) => void): () => void {
    return this.ended.add(hear);
  }

  /** More than can be dropped at once are left to their next REGISTER. */
  end(contact: ContactToEnd): void {
    const key = `${contact.node} ${contact.profile} ${contact.contact}`;
    const node = this.pool.nodes.find(({ name }) => name === contact.node);
    if (!node) return;
    this.log(contact, key);
    this.ended.emit(contact);
    const work = this.works.get(key);
    if (work) Object.assign(work, { contact, again: true });
    else if (this.works.size < MOST_AT_ONCE) {
      const first: Work = { contact, attempts: 0, again: false, timer: null };
      this.works.set(key, first);
      void this.attempt(node, key, first);
    }
  }

  onApplicationShutdown(): void {
    for (const { timer } of this.works.values()) if (timer) clearTimeout(timer);
    this.works.clear();
  }

  private log({ node, number, domain, ...contact }: ContactToEnd, key: string): void {
    if (!this.logged.allows(key)) return;
    const extension = `${number}@${domain}`;
    const fields = { event: 'contact.unregistered', node, extension, contact: sanitizeText(contact.contact) };
    this.logger.warn(fields, `a contact is unregistered: ${contact.summary}`);
  }

  private async attempt(node: EslClient, key: string, work: Work): Promise<void> {
    work.again = false;
    work.attempts += 1;
    try {
      await this.drop(node, work.contact);
      if (work.again) this.later(node, key, work, 0);
      else this.works.delete(key);
    } catch (error) {
      if (work.attempts < MOST_ATTEMPTS)
        return this.later(node, key, work, FIRST_PAUSE_MS * 2 ** work.attempts);
      this.works.delete(key);
      this.logger.warn(
        { event: 'contact.unregister_failed', node: node.name, err: error },
        'a contact could not be unregistered',
      );
    }
  }

  /** With jitter; not after the shutdown. */
  private later(node: EslClient, key: string, work: Work, ms: number): void {
    if (this.works.get(key) !== work) return;
    if (ms === 0) work.attempts = 0;
    work.timer = setTimeout(() => void this.attempt(node, key, work), ms * (0.5 + Math.random() / 2));
  }

  /** One that cannot be ended alone may not stay either: others of the extension go with it. */
  private async drop(node: EslClient, contact: ContactToEnd): Promise<void> {
    const { profile, number, domain, callId } = contact;
    const holders = this.registrations.withCallId(node, profile, callId);
    const shared = holders.some((each) => each.number !== number || each.domain !== domain);
    if ((await whyNotAlone(node, contact, shared)) === null) await dropCallId(node, profile, callId);
    else await dropContacts(node, profile, number, domain);
  }
}
