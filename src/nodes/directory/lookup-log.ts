import { Injectable, Logger } from '@nestjs/common';
import { Listeners } from '../../core/listeners';

/** `remembered`: the database was away, and its last answer was given; `error`: a 503. */
export const LOOKUP_RESULTS = ['found', 'not_found', 'remembered', 'error'] as const;
export type LookupResult = (typeof LOOKUP_RESULTS)[number];

/** A node asked for a user. The texts are as it sent them, a scanner's guesses included. */
export interface Lookup {
  user: string;
  domain: string;
  /** Why it asked, such as `sip_auth`; empty when it did not say. */
  action: string;
  answer: LookupResult;
  /** The node's address. */
  from: string;
}

/** Tells of every user that a node asks for. On the path of every call: who listens must be quick. */
@Injectable()
export class LookupLog {
  private readonly logger = new Logger(LookupLog.name);
  private readonly listeners = new Listeners<Lookup>((error) =>
    this.logger.error({ event: 'listener.failed', err: error }, 'a listener failed'),
  );

  /** @returns a function that ends the listening. */
  onLookup(hear: (lookup: Lookup) => void): () => void {
    return this.listeners.add(hear);
  }

  /** Tells of the lookup in `form` if it is for a user. */
  answered(form: Record<string, unknown>, answer: LookupResult, from: string): void {
    const { user, domain, action } = form;
    if (typeof user !== 'string' || typeof domain !== 'string') return;
    this.listeners.emit({ user, domain, action: typeof action === 'string' ? action : '', answer, from });
  }
}
