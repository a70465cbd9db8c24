import { Injectable, Logger } from '@nestjs/common';
import { Listeners } from '../freeswitch/listeners';

export const LOOKUP_ANSWERS = ['found', 'not_found', 'error'] as const;
export type LookupAnswer = (typeof LOOKUP_ANSWERS)[number];

/** A node asked for a user. The texts are as it sent them, a scanner's guesses included. */
export interface Lookup {
  user: string;
  domain: string;
  /** Why it asked, such as `sip_auth`; empty when it did not say. */
  action: string;
  /** `error`: it got a 503. */
  answer: LookupAnswer;
  /** The node's address. */
  from: string;
}

/** Tells of every user that a node asks for. On the path of every call: who listens must be quick. */
@Injectable()
export class LookupLog {
  private readonly logger = new Logger(LookupLog.name);
  private readonly listeners = new Listeners<Lookup>((error) =>
    this.logger.error({ err: error }, 'a listener failed'),
  );

  /** @returns a function that ends the listening. */
  onLookup(hear: (lookup: Lookup) => void): () => void {
    return this.listeners.add(hear);
  }

  /** Tells of the lookup in `form` if it is for a user. */
  answered(form: Record<string, unknown>, answer: LookupAnswer, from: string): void {
    const { user, domain, action } = form;
    if (typeof user !== 'string' || typeof domain !== 'string') return;
    this.listeners.tell({ user, domain, action: typeof action === 'string' ? action : '', answer, from });
  }
}
