/** A sofia profile's name, as it may stand in an ESL command. */
export const PROFILE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** A mailbox's name: the extension's number, and what tells its owners apart; of older ones the number alone. */
export const MAILBOX = /^([0-9]{3,10})(?:-[0-9a-z]{1,12})?$/;

/**
 * The realm in which a caller who hides is challenged. FreeSWITCH fact: the realm is the host of From, and that
 * of a caller who hides is this (RFC 3323).
 */
export const ANONYMOUS_REALM = 'anonymous.invalid';

/**
 * The name under which sofia files a user's contacts, forced by the directory.
 *
 * FreeSWITCH fact: sofia checks the digest against the realm that the phone names, but files the
 * contact under the host of To:, and ties the two nowhere. A user of one domain could so register as
 * the same number of another, and take its calls. With the domain in the name, such a contact is
 * filed under a name that nobody dials.
 */
export const registeredName = (user: string, domain: string): string => `${user}.${domain}`;

/**
 * The accounts under which a user's contacts may be filed: the forced one, and the plain one of a
 * phone that registered before the name was forced.
 */
export const accountsOf = (user: string, domain: string): string[] => [
  `${registeredName(user, domain)}@${domain}`,
  `${user}@${domain}`,
];
