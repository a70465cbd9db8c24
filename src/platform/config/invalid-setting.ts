/** A setting that Dialplane cannot start with; the message is the one line shown to the operator. */
export class InvalidSetting extends Error {
  constructor(
    readonly setting: string,
    reason: string,
  ) {
    super(`${setting} ${reason}`);
  }
}
