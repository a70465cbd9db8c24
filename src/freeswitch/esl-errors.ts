/** Why a command to a node has no answer that could be used. `code` is stable; the message names the node. */
export abstract class EslError extends Error {
  abstract readonly code: string;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** There is no session with the node at present; nothing was sent. */
export class EslNotReady extends EslError {
  readonly code = 'ESL_NOT_READY';

  constructor(node: string) {
    super(`${node}: not connected`);
  }
}

/** No answer came in time; the command may have been carried out all the same. */
export class EslDeadlineMissed extends EslError {
  readonly code = 'ESL_DEADLINE_MISSED';

  constructor(node: string, deadlineMs: number) {
    super(`${node}: no answer within ${deadlineMs} ms`);
  }
}

/** The session ended before the answer came; the command may have been carried out all the same. */
export class EslConnectionLost extends EslError {
  readonly code = 'ESL_CONNECTION_LOST';

  constructor(node: string, reason: string) {
    super(`${node}: the session ended before the answer (${reason})`);
  }
}

/** Too many commands wait for their answers; nothing was sent. */
export class EslQueueFull extends EslError {
  readonly code = 'ESL_QUEUE_FULL';

  constructor(node: string, bound: number) {
    super(`${node}: ${bound} commands are waiting already`);
  }
}

/** The command is empty or holds a control character; nothing was sent. */
export class EslBadCommand extends EslError {
  readonly code = 'ESL_BAD_COMMAND';

  constructor(node: string) {
    super(`${node}: a command must be one line without control characters`);
  }
}

/** A command's argument is not of the form it must have; nothing was sent. */
export class EslBadArgument extends EslError {
  readonly code = 'ESL_BAD_ARGUMENT';

  constructor(what: string) {
    super(`not a valid ${what}`);
  }
}

/** The node has no sofia profile of that name. */
export class EslUnknownProfile extends EslError {
  readonly code = 'ESL_UNKNOWN_PROFILE';

  constructor(profile: string) {
    super(`FreeSWITCH has no sofia profile named ${profile}`);
  }
}

/** FreeSWITCH answered something else than the command's answer; the message quotes its beginning. */
export class EslUnexpectedReply extends EslError {
  readonly code = 'ESL_UNEXPECTED_REPLY';

  constructor(command: string, reply: string) {
    const beginning = reply.slice(0, 120).replace(/\p{Cc}+/gu, ' ');
    super(`${command}: unexpected answer from FreeSWITCH: ${JSON.stringify(beginning.trim())}`);
  }
}
