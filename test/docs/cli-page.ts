import { type Argument, type Command, type Option } from 'commander';
import { GENERATED, table } from './markdown';

/** docs/reference/cli.md, from the commands themselves. */
export function cliPage(dialplane: Command): string {
  const commands = leaves(dialplane);
  const index = commands.map(({ path, command }) => [`[${path}](#${anchor(path)})`, command.description()]);
  return `${GENERATED}# Commands

\`npx dialplane …\` (or \`npm run -s cli -- …\`). Settings come from the environment and \`.env\`, as for the server. With
\`--json\` a command prints one JSON object on standard output. A command that fails prints one line on standard error and
exits with 1.

${table(['command', 'does'], index)}
${commands.map(section).join('\n')}`;
}

interface Leaf {
  path: string;
  command: Command;
}

function leaves(command: Command, path = ''): Leaf[] {
  return command.commands.flatMap((child) => {
    const name = `${path}${child.name()}`;
    return child.commands.length > 0 ? leaves(child, `${name} `) : [{ path: name, command: child }];
  });
}

function section({ path, command }: Leaf): string {
  const { registeredArguments: given, options } = command;
  const own = options.filter(({ long }) => long !== '--json');
  const usage = [`npx dialplane ${path}`, ...given.map(argumentUsage), ...own.map(optionUsage)].join(' ');
  const rows = [
    ...given.map((each) => [`\`${argumentUsage(each)}\``, each.description, 'required']),
    ...own.map((each) => [`\`${each.flags}\``, each.description, defaultOf(each)]),
  ];
  const details = rows.length === 0 ? '' : `\n${table(['option', 'meaning', 'default'], rows)}`;
  return `## ${path}\n\n\`\`\`\n${usage}\n\`\`\`\n\n${sentence(command.description())}\n${details}`;
}

function argumentUsage(each: Argument): string {
  return each.required ? `<${each.name()}>` : `[${each.name()}]`;
}

function optionUsage({ flags, mandatory }: Option): string {
  return mandatory ? flags : `[${flags}]`;
}

function defaultOf({ mandatory, defaultValue }: Option): string {
  if (mandatory) return 'required';
  return typeof defaultValue === 'string' ? defaultValue : '';
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function anchor(path: string): string {
  return path.replaceAll(' ', '-');
}
