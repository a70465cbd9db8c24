import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { fieldErrors } from '../api/edge/field-sentences';
import { ApiError, FieldInvalid, InvalidData } from '../core/errors';
import { commandIo, type CommandIo, withCommandIo } from './command-io';
import { type Printed, print } from './print';

/** A command failed and has printed why. */
class PrintedFailure extends Error {}

/**
 * Runs one command to its end; `serve` ends when it listens. An error is one line for the operator.
 * @param argv without the program's name
 * @returns the exit code
 */
export function run(argv: readonly string[], io: CommandIo): Promise<number> {
  return withCommandIo(io, async () => {
    try {
      await program().parseAsync(argv, { from: 'user' });
      return 0;
    } catch (error) {
      if (error instanceof PrintedFailure) return 1;
      if (error instanceof CommanderError && error.exitCode === 0) return 0;
      io.stderr.write(`${sentence(error).replaceAll('\n', ' ')}\n`);
      return 1;
    }
  });
}

function sentence(error: unknown): string {
  const errors = error instanceof FieldInvalid ? fieldErrors(error) : null;
  if (errors) return Object.values(errors).flat().join(' ');
  if (error instanceof InvalidData) return Object.values(error.errors).flat().join(' ');
  if (error instanceof ApiError) return error.message;
  // Commander's word for "a noun without a verb", after which it would print the help.
  if (error instanceof CommanderError && error.code === 'commander.help')
    return 'A command is missing; see: dialplane --help';
  return error instanceof Error ? error.message : String(error);
}

/** Commands by name, in modules that are loaded when one of them runs: all together take longer than most commands. */
const audit = () => import('./audit.js');
const backups = () => import('./backups.js');
const commands = () => import('./commands.js');
const doctor = () => import('./doctor.js');
const nodes = () => import('./nodes.js');
const openapi = () => import('./openapi.js');
const people = () => import('./people.js');

/** Runs a command to its end and prints what it answers with. */
function action<N extends string, M extends Record<N, (options: never) => Promise<Printed>>>(
  load: () => Promise<M>,
  name: N,
): (options: Parameters<M[N]>[0], command: Command) => Promise<void> {
  return async (options, command) => {
    const { json } = command.optsWithGlobals<{ json?: boolean }>();
    const run = (await load())[name] as (options: Parameters<M[N]>[0]) => Promise<Printed>;
    const printed = await run(options);
    print(printed, json === true);
    if (printed.failed) throw new PrintedFailure();
  };
}

/** The whole command line, not yet run. */
export function program(): Command {
  const dialplane = new Command('dialplane')
    .description('The control plane for FreeSWITCH.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => commandIo().stdout.write(text), writeErr: () => undefined });
  const command = (name: string, description: string): Command =>
    dialplane.command(name).description(description).option('--json', 'print one JSON object').exitOverride();

  command('serve', 'migrate the database and serve; npm start does this').action(async () => {
    const { serve } = await import('../main.js');
    await serve();
  });
  command('migrate', 'bring the schema up to date; prints the migrations it applied').action(
    action(commands, 'migrateNow'),
  );
  addTenants(noun(dialplane, 'tenant', 'tenants'));
  addPeople(dialplane);
  addCallerIds(noun(dialplane, 'caller-id', 'caller IDs'));
  addNodes(noun(dialplane, 'node', 'FreeSWITCH nodes'));
  verb(
    noun(dialplane, 'audit', 'the audit'),
    'verify',
    'check whether any entry of the audit was changed or removed',
  ).action(action(audit, 'auditVerify'));
  addBackups(command);
  command(
    'doctor',
    'check database, migrations, key and every FreeSWITCH node, one line each, with what to do',
  ).action(action(doctor, 'doctor'));
  command('openapi', 'print the OpenAPI document').action(action(openapi, 'openapi'));
  return dialplane;
}

function addCallerIds(callerId: Command): void {
  verb(callerId, 'create', 'create a caller ID')
    .requiredOption('--tenant <domain>', "the tenant's SIP domain")
    .requiredOption('--number <number>', '8 to 15 digits')
    .option('--display-name <name>', 'the name that people see')
    .option(
      '--carrier <carrier>',
      'viettel, mobifone, vinaphone, vietnamobile, landline or other; without it guessed from the number',
    )
    .option(
      '--cli-type <type>',
      'mobile, fixed_02x, hotline_1900, hotline_1800 or brandname; without it guessed from the number',
    )
    .option(
      '--default',
      'make it the default: extensions without an active caller ID of their own present it',
    )
    .action(action(commands, 'callerIdCreate'));
  verb(callerId, 'default', 'set what extensions without an active caller ID of their own present outside')
    .requiredOption('--tenant <domain>', "the tenant's SIP domain")
    .option('--number <number>', 'one of its active caller IDs; without it the tenant has no default')
    .action(action(commands, 'callerIdDefault'));
}

function addTenants(tenant: Command): void {
  verb(tenant, 'create', 'create a tenant')
    .requiredOption('--name <name>', 'the name that people see')
    .requiredOption('--domain <domain>', 'its SIP domain, which begins with a letter and cannot be changed')
    .option('--max-extensions <n>', 'how many extensions it may have; without it no limit')
    .option('--max-devices <n>', 'how many devices an extension may have', '10')
    .option('--max-legs <n>', 'how many legs its calls may have on a node', '400')
    .option('--country-code <code>', 'the calling code of the country of numbers with a leading 0', '84')
    .action(action(commands, 'tenantCreate'));
}

function addBackups(command: (name: string, description: string) => Command): void {
  for (const [name, description] of [
    ['backup', 'write the whole database to a file, also while Dialplane runs'],
    ['restore', 'fill an empty database from a backup of either kind of database'],
  ] as const) {
    command(name, description)
      .argument('<file>', 'the backup file')
      .action((file: string, _options: object, of: Command) => action(backups, name)({ file }, of));
  }
}

function addNodes(node: Command): void {
  verb(node, 'add', 'add a FreeSWITCH node; every instance follows it within seconds')
    .argument('<name>', 'the name of the node')
    .argument('<url>', 'its event socket: esl://:password@host:port, the password percent-encoded')
    .action((name: string, url: string, _options: object, command: Command) =>
      action(nodes, 'nodeAdd')({ name, url }, command),
    );
  verb(node, 'list', 'list the nodes, and each unknown FreeSWITCH that asks for users').action(
    action(nodes, 'nodeList'),
  );
  for (const [name, description, run] of [
    ['remove', 'remove a node; it receives no more changes', 'nodeRemove'],
    ['drain', 'drain a node: nothing new is placed on it', 'nodeDrain'],
    ['undrain', 'make a draining node active again', 'nodeUndrain'],
  ] as const) {
    verb(node, name, description)
      .argument('<name>', 'the name of the node')
      .action((of: string, _options: object, command: Command) => action(nodes, run)({ name: of }, command));
  }
}

/** Who may do something: tokens, users, operators. */
function addPeople(dialplane: Command): void {
  const token = noun(dialplane, 'token', 'tokens');
  verb(token, 'create', 'create a token; prints it, once')
    .requiredOption('--tenant <domain>', "the tenant's SIP domain")
    .requiredOption('--name <name>', 'what the token is for')
    .option('--role <role>', "admin, supervisor, agent or read_only; without it admin, or the user's")
    .option('--user <username>', 'the user that it belongs to; without it the token is account-level')
    .option('--expires <time>', 'ISO 8601; without it the token does not expire')
    .action(action(people, 'tokenCreate'));
  verb(token, 'revoke', 'revoke a token')
    .requiredOption('--id <id>', 'the part of the token before its |')
    .action(action(people, 'tokenRevoke'));
  verb(
    noun(dialplane, 'user', 'users'),
    'create',
    'create a user; the password is the first line of standard input, or generated and printed',
  )
    .requiredOption('--tenant <domain>', "the tenant's SIP domain")
    .requiredOption('--username <username>', 'what the user logs in with')
    .option('--role <role>', 'admin, supervisor, agent or read_only', 'admin')
    .option('--email <address>', "the user's e-mail address")
    .option('--extension <number>', "an agent's own extension")
    .action(action(people, 'userCreate'));
  addOperators(noun(dialplane, 'operator', 'operators'));
}

function addOperators(operator: Command): void {
  verb(operator, 'create', 'create an operator of the platform, who manages tenants')
    .requiredOption(
      '--username <username>',
      'what the operator logs in with; the password is the first line of standard input, or generated and printed',
    )
    .action(action(people, 'operatorCreate'));
  verb(operator, 'list', 'list the operators: username, status, when created, when last logged in').action(
    action(people, 'operatorList'),
  );
  verb(operator, 'disable', 'disable an operator and end their tokens for good')
    .requiredOption('--username <username>', 'the operator')
    .action(action(people, 'operatorDisable'));
  verb(operator, 'enable', 'let a disabled operator log in again')
    .requiredOption('--username <username>', 'the operator')
    .action(action(people, 'operatorEnable'));
}

/** `dialplane <noun>`, which does nothing without a verb. */
function noun(dialplane: Command, name: string, description: string): Command {
  return dialplane.command(name).description(description).exitOverride();
}

/** `dialplane <noun> <verb>`. */
function verb(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--json', 'print one JSON object')
    .exitOverride();
}
