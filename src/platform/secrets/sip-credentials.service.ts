import { Injectable } from '@nestjs/common';
import { ANONYMOUS_REALM } from '../../freeswitch/names';
import { a1Hash } from './a1-hash';
import { generatePassword } from './password';
import { CannotUnseal, SealedBox } from './sealed-box';

/** Whose credentials: a number in a tenant's realm. */
export interface SipIdentity {
  tenantId: number;
  number: string;
  realm: string;
}

/** A password in plain text, for the one answer that shows it, and what is kept of it. */
export interface NewCredentials {
  password: string;
  generated: boolean;
  /** The A1 hash in the tenant's realm, a blank, and that in ANONYMOUS_REALM. */
  sealedA1: string;
}

/** Makes, seals and opens what a phone proves itself with. */
@Injectable()
export class SipCredentials {
  constructor(private readonly box: SealedBox) {}

  /** @param chosen the client's own password; absent: one is made */
  make(identity: SipIdentity, chosen?: string | null): NewCredentials {
    const password = chosen ?? generatePassword();
    const [own, anonymous] = [identity.realm, ANONYMOUS_REALM].map((realm) =>
      a1Hash(identity.number, realm, password),
    );
    return {
      password,
      generated: chosen === undefined || chosen === null,
      sealedA1: this.box.seal(`${own} ${anonymous}`, place('a1', identity)),
    };
  }

  /** @throws CannotUnseal */
  openA1(sealed: string, identity: Pick<SipIdentity, 'tenantId' | 'number'>): string {
    return this.openHashes(sealed, identity)[0] ?? '';
  }

  /**
   * The hash in ANONYMOUS_REALM; null for a password that was set before there was one.
   * @throws CannotUnseal
   */
  openAnonymousA1(sealed: string, identity: Pick<SipIdentity, 'tenantId' | 'number'>): string | null {
    return this.openHashes(sealed, identity)[1] ?? null;
  }

  sealPin(pin: string, identity: Pick<SipIdentity, 'tenantId' | 'number'>): string {
    return this.box.seal(pin, place('voicemail_pin', identity));
  }

  /** Sealed as it was when it is the same PIN, so that it is no change; what another key sealed is not the same. */
  resealPin(sealed: string | null, pin: string, identity: Pick<SipIdentity, 'tenantId' | 'number'>): string {
    try {
      if (sealed !== null && this.openPin(sealed, identity) === pin) return sealed;
    } catch (error) {
      if (!(error instanceof CannotUnseal)) throw error;
    }
    return this.sealPin(pin, identity);
  }

  /** @throws CannotUnseal */
  openPin(sealed: string, identity: Pick<SipIdentity, 'tenantId' | 'number'>): string {
    return this.box.unseal(sealed, place('voicemail_pin', identity));
  }

  private openHashes(sealed: string, identity: Pick<SipIdentity, 'tenantId' | 'number'>): string[] {
    return this.box.unseal(sealed, place('a1', identity)).split(' ');
  }
}

function place(column: string, { tenantId, number }: Pick<SipIdentity, 'tenantId' | 'number'>): string {
  return `${column} of ${number} in tenant ${tenantId}`;
}
