/** An extension's number, everywhere one is read: 3 to 10 digits. */
export const EXTENSION_NUMBER = /^[0-9]{3,10}$/;

/** Why an extension does not get a number that is called outside in any case. */
export const IS_EMERGENCY = 'The extension number must not be an emergency number.';
