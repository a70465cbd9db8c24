/** A country's calling code: of the E.164 numbers that are written with a leading 0 there. */
export const COUNTRY_CODE = /^[1-9][0-9]{0,2}$/;
