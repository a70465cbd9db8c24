import { randomInt } from 'node:crypto';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 24;

/** `length` letters and digits, each equally likely, from the system's cryptographic source. */
export function randomAlphanumerics(length: number): string {
  return Array.from({ length }, () => ALPHANUMERICS[randomInt(ALPHANUMERICS.length)]).join('');
}

/** A SIP password of 24 letters and digits (142 bits). */
export function generatePassword(): string {
  return randomAlphanumerics(LENGTH);
}
