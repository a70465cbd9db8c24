import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const FORM = 'v1.';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A text that was sealed under another key, for another place, or was altered since. */
export class CannotUnseal extends Error {
  readonly code = 'cannot_unseal';

  constructor(place: string) {
    super(`What is sealed at ${place} does not open with this APP_KEY.`);
  }
}

/**
 * Seals secrets with AES-256-GCM, a random nonce each. `place` names where the text belongs (which
 * row and column) and is authenticated with it: a sealed text copied elsewhere does not open.
 */
export class SealedBox {
  constructor(private readonly key: Buffer) {}

  seal(plain: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return FORM + sealed.toString('base64');
  }

  /** @throws CannotUnseal */
  unseal(sealed: string, place: string): string {
    try {
      const bytes = Buffer.from(sealed.slice(FORM.length), 'base64');
      const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-TAG_BYTES));
      return (
        decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    } catch {
      throw new CannotUnseal(place);
    }
  }
}
