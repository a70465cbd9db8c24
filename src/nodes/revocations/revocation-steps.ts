import {
  dropCallId,
  dropContacts,
  flushUser,
  type Registration,
  userExists,
} from '../../freeswitch/commands';
import { deviceId } from '../../freeswitch/device-id';
import { type EslClient } from '../../freeswitch/esl-client';
import { EslUnexpectedReply } from '../../freeswitch/esl-errors';
import { whyNotAlone } from '../../freeswitch/one-contact';
import { deleteMailbox, forgetPhonePin, refreshLamp } from '../../freeswitch/mailbox-commands';
import { type Revocation } from '../../schema/revocation.entity';

/** What the work must know of users, beside what the node says. */
export interface Users {
  /** Whether the user may have a phone by now: the number may have been given anew. */
  mayHavePhone(revocation: Revocation): Promise<boolean>;
  /** Resolves when no answer about the user is on its way from this process to a node. */
  settled(revocation: Revocation): Promise<void>;
}

/** What is known of contacts in this process. */
export interface Contacts {
  /** Asks the node what it holds of a user in one profile; that is known here when this resolves. @throws EslError */
  read(node: EslClient, profile: string, user: string, domain: string): Promise<Registration[]>;
  /** The contacts with the Call-ID that the node is known to hold, whoever's. */
  withCallId(node: EslClient, profile: string, callId: string): unknown[];
}

/** What went; counted up also by work that fails in the end. */
export interface StepCounts {
  flushed: number;
  dropped: number;
  /** Messages, with their mailbox. */
  deleted: number;
}

const ATTEMPTS = 3;
/** The node asks us back for this, and waits 2 s for our answer. */
const KNOWS_DEADLINE_MS = 3_000;

/** A node still lets in a user that may have no phone: another binding or a static file knows it. */
export class StillKnown extends Error {
  readonly code = 'still_known';

  constructor(node: string) {
    super(
      `${node} still knows a user that Dialplane does not; look for other xml_curl bindings and static users.`,
    );
  }
}

/** A node lists a contact that it was told to drop. */
export class StillRegistered extends Error {
  readonly code = 'still_registered';

  constructor(node: string) {
    super(`${node} still holds a contact that it was told to drop.`);
  }
}

/** A node would end other contacts with the one that it was to be told to drop. */
export class NotAlone extends Error {
  readonly code = 'not_alone';

  constructor(node: string, why: string) {
    super(`${node} cannot drop one contact alone: ${why}.`);
  }
}

/** What one node is made to do for a revocation. */
export class RevocationSteps {
  constructor(
    private readonly node: EslClient,
    private readonly profiles: readonly string[],
    private readonly users: Users,
    private readonly contacts: Contacts,
  ) {}

  /** At once: the cached user goes, and the contacts if they are to. @throws EslError, StillKnown, StillRegistered */
  async firstPass(revocation: Revocation, tally: StepCounts): Promise<void> {
    await this.users.settled(revocation);
    const gone = await this.flush(revocation, tally);
    if (revocation.dropContacts) await this.dropEverywhere(revocation, gone, tally);
    await this.mailbox(revocation, tally);
  }

  /** The same again when no old answer can be about any more; who may have a phone keeps a contact made since. */
  async secondPass(revocation: Revocation, tally: StepCounts): Promise<void> {
    const gone = await this.flush(revocation, tally);
    if (gone && revocation.dropContacts) await this.dropEverywhere(revocation, gone, tally);
    await this.mailbox(revocation, tally);
  }

  /** A mailbox has one owner for ever, so that of a number given anew is never meant. */
  private async mailbox({ mailbox, mailboxStep, sipDomain }: Revocation, tally: StepCounts): Promise<void> {
    if (mailbox === null) return;
    if (mailboxStep === 'delete') {
      tally.deleted += await deleteMailbox(this.node, mailbox, sipDomain);
      return;
    }
    await forgetPhonePin(this.node, mailbox, sipDomain);
    await refreshLamp(this.node, mailbox, sipDomain);
  }

  /**
   * Takes the user out of the node's cache, and answers whether it may not have a phone any more.
   *
   * Asking the node makes it look the user up again, which lasts as long as a lookup of its own that
   * had already read the old answer; if that came in meanwhile, the second flush finds it. Of a user
   * that is gone the node itself must say that it knows it no longer.
   */
  private async flush(revocation: Revocation, tally: StepCounts): Promise<boolean> {
    const { sipUser, sipDomain } = revocation;
    const gone = !(await this.users.mayHavePhone(revocation));
    tally.flushed += await flushUser(this.node, sipUser, sipDomain);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const known = await this.knows(sipUser, sipDomain);
      const cleared = await flushUser(this.node, sipUser, sipDomain);
      if (!gone) return false;
      // An entry that is found now came from before the change; of a valid user it is our question's own.
      tally.flushed += cleared;
      if (!known && cleared === 0) return true;
    }
    throw new StillKnown(this.node.name);
  }

  private async knows(user: string, domain: string): Promise<boolean> {
    try {
      return await userExists(this.node, user, domain, KNOWS_DEADLINE_MS);
    } catch (error) {
      if (error instanceof EslUnexpectedReply) return false;
      throw error;
    }
  }

  /** In every profile; one that the node lacks keeps none of the others from it. */
  private async dropEverywhere(revocation: Revocation, gone: boolean, tally: StepCounts): Promise<void> {
    const drops = this.profiles.map((profile) => this.drop(profile, revocation, gone, tally));
    const failed = (await Promise.allSettled(drops)).find((drop) => drop.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Until the profile itself, asked again, holds them no more; of a user that is gone, none at all. */
  private async drop(
    profile: string,
    revocation: Revocation,
    gone: boolean,
    tally: StepCounts,
  ): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const dropped = await this.dropOnce(profile, revocation);
      const listRegistrations = await this.held(profile, revocation);
      const kept = listRegistrations.filter((row) => dropped.some((each) => isKept(each, row)));
      tally.dropped += dropped.length - kept.length;
      const unwanted = gone && revocation.device === null ? listRegistrations : kept;
      if (unwanted.length === 0) return;
    }
    throw new StillRegistered(this.node.name);
  }

  /** @returns the contacts that the node was told to drop. @throws NotAlone when one device is meant, and others would go */
  private async dropOnce(profile: string, revocation: Revocation): Promise<Registration[]> {
    const { sipUser, sipDomain, device } = revocation;
    const dropAll = (): Promise<void> => dropContacts(this.node, profile, sipUser, sipDomain);
    if (device === null) {
      // Dropped also when they cannot be counted.
      const [rows] = await Promise.allSettled([this.held(profile, revocation)]);
      await dropAll();
      if (rows.status === 'rejected') throw rows.reason;
      return rows.value;
    }
    const all = await this.held(profile, revocation);
    const rows = all.filter(({ contact }) => deviceId(this.node.name, profile, contact) === device);
    for (const { callId } of rows) {
      const one = { profile, domain: sipDomain, callId };
      const shared = this.contacts.withCallId(this.node, profile, callId).length > 1;
      const why = await whyNotAlone(this.node, one, shared);
      if (why !== null) throw new NotAlone(this.node.name, why);
      await dropCallId(this.node, profile, callId);
    }
    return rows;
  }

  private held(profile: string, { sipUser, sipDomain }: Revocation): Promise<Registration[]> {
    return this.contacts.read(this.node, profile, sipUser, sipDomain);
  }
}

/** Whether `now` is what was to be dropped, and not the same phone registered anew. */
function isKept(dropped: Registration, now: Registration): boolean {
  return (
    now.callId === dropped.callId &&
    now.contact === dropped.contact &&
    now.expiresInSeconds <= dropped.expiresInSeconds
  );
}
