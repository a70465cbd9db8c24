/** An extension's number, everywhere one is read: 3 to 10 digits. */
export const EXTENSION_NUMBER = /^[0-9]{3,10}$/;
