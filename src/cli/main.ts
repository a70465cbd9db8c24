import 'reflect-metadata';
import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { ApiError, InvalidData } from '../common/errors';
import { callerIdCreate, callerIdDefault, migrateNow, tenantCreate, tokenCreate } from './commands';
import { doctor } from './doctor';
import { type Printed, print } from './print';

/** One line for the operator, exit 1. */
function fail(error: unknown): never {
  process.stderr.write(`${sentence(error).replaceAll('\n', ' ')}\n`);
  process.exit(1);
}

function sentence(error: unknown): string {
  if (error instanceof InvalidData) return Object.values(error.errors).flat().join(' ');
  if (error instanceof ApiError) return error.message;
  // Commander's word for "a noun without a verb", after which it would print the help.
  if (error instanceof CommanderError && error.code === 'commander.help')
    return 'Say what to do; see: dialplane --help';
  return error instanceof Error ? error.message : String(error);
}

/** Runs a command to its end and prints what it answers with. */
function action<T>(run: (options: T) => Promise<Printed>): (options: T, command: Command) => Promise<void> {
  return async (options, command) => {
    const { json } = command.optsWithGlobals<{ json?: boolean }>();
    const printed = await run(options);
    print(printed, json === true);
    process.exitCode = printed.failed ? 1 : 0;
  };
}

function program(): Command {
  const dialplane = new Command('dialplane')
    .description('The control plane for FreeSWITCH.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  const command = (name: string, description: string): Command =>
    dialplane.command(name).description(description).option('--json', 'print one JSON object').exitOverride();

  command('serve', 'migrate and serve (npm start)').action(async () => {
    const { serve } = await import('../main.js');
    await serve();
  });
  command('migrate', 'bring the schema up to date').action(action(migrateNow));
  verb(noun(dialplane, 'tenant', 'tenants'), 'create', 'make a tenant')
    .requiredOption('--name <name>', 'what people call it')
    .requiredOption('--domain <domain>', 'its SIP domain')
    .option('--max-extensions <n>', 'how many extensions it may have')
    .action(action(tenantCreate));
  verb(noun(dialplane, 'token', 'tokens'), 'create', 'make a token')
    .requiredOption('--tenant <domain>', "the tenant's SIP domain")
    .requiredOption('--name <name>', 'what it is for')
    .option('--role <role>', 'admin, supervisor, agent or read_only', 'admin')
    .option('--expires <time>', 'ISO 8601; without it the token does not expire')
    .action(action(tokenCreate));
  const callerId = noun(dialplane, 'caller-id', 'caller IDs');
  verb(callerId, 'create', 'make a caller ID')
    .requiredOption('--tenant <domain>', "the tenant's SIP domain")
    .requiredOption('--number <number>', '8 to 15 digits')
    .option('--display-name <name>', 'what people call it')
    .option('--carrier <carrier>', 'viettel, mobifone, vinaphone, vietnamobile, landline or other', 'other')
    .option('--cli-type <type>', 'mobile, fixed_02x, hotline_1900, hotline_1800 or brandname', 'mobile')
    .option('--default', 'what extensions without a caller ID present')
    .action(action(callerIdCreate));
  verb(callerId, 'default', 'what extensions without a caller ID present')
    .requiredOption('--tenant <domain>', "the tenant's SIP domain")
    .option('--number <number>', 'one of its active caller IDs; without it there is no default')
    .action(action(callerIdDefault));
  command('doctor', 'check the installation and every FreeSWITCH node').action(action(doctor));
  return dialplane;
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

program()
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
    fail(error);
  });
