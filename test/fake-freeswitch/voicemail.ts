import type { Directory } from './directory';

/** What mod_voicemail keeps under one name and domain. */
interface Box {
  messages: number;
  greetings: number;
  /** Set by telephone. */
  pin: string;
}

/** The lamp of an account, as every phone with that mwi-account is told. */
export interface Lamp {
  account: string;
  waiting: number;
}

const ORIGIN = { file: 'mod_voicemail.c', function: 'resolve_id', line: 1366 };
const FOUND = '-OK\n';
const LOADED = /^(?:vm_list|vm_delete|vm_prefs|vm_fsdb_\w+)$/;

/** mod_voicemail: mailboxes by the id that the directory gives, and what happens to the lamps. */
export class Voicemail {
  readonly lamps: Lamp[] = [];
  /** False: the module is not loaded. */
  loaded = true;
  /** False: the system does not let FreeSWITCH delete folders. */
  mayDelete = true;
  readonly #boxes = new Map<string, Box>();

  constructor(private readonly directory: Directory) {}

  /** The answer to one of its commands, to `file_exists` or to `system`; undefined: it is none of them. */
  async answer(name: string, args: string[]): Promise<string | undefined> {
    if (LOADED.test(name) && !this.loaded) return `-ERR ${name} Command not found!\n`;
    const [first = '', second = '', third = '', fourth = ''] = args;
    switch (name) {
      case 'vm_list':
        return `<voicemail>\n${' <message>\n </message>\n'.repeat(this.box(account(first)).messages)}</voicemail>\n`;
      case 'vm_delete':
        return this.#delete(account(first));
      case 'vm_prefs':
        return this.box(first.replace(/^default\/|\|password$/g, '')).pin || '-ERR no reply\n';
      case 'vm_fsdb_pref_password_set':
        this.box(`${third}@${second}`).pin = fourth;
        return FOUND;
      case 'vm_fsdb_msg_purge':
        await this.#light(`${third}@${second}`);
        return FOUND;
      case 'file_exists':
        return String(this.#inFolder(first) !== undefined);
      case 'system':
        this.#removeFolder(first);
        return '-ERR no reply\n';
      default:
        return undefined;
    }
  }

  /** The mailbox of that name; of one that is not there, an empty one. */
  box(name: string): Box {
    const box = this.#boxes.get(name) ?? { messages: 0, greetings: 0, pin: '' };
    this.#boxes.set(name, box);
    return box;
  }

  /** What a caller does whom the dialplan sends to `name`, as the directory calls the mailbox. */
  async leaveMessage(name: string, domain: string): Promise<boolean> {
    const found = await this.directory.locate(name, domain, ORIGIN, [['action', 'voicemail-lookup']]);
    if (!found || param(found.params, 'vm-enabled') !== 'true') return false;
    const account = `${found.id}@${domain}`;
    this.box(account).messages += 1;
    await this.#light(account);
    return true;
  }

  /** Whether this PIN opens it: the one set by telephone beside that of the directory. */
  async opens(name: string, domain: string, pin: string): Promise<boolean> {
    const found = await this.directory.locate(name, domain, ORIGIN, [['action', 'voicemail-lookup']]);
    if (!found || param(found.params, 'vm-enabled') !== 'true') return false;
    return [this.box(`${found.id}@${domain}`).pin, param(found.params, 'vm-password')].includes(pin);
  }

  async #delete(name: string): Promise<string> {
    this.box(name).messages = 0;
    await this.#light(name);
    return '+OK\n';
  }

  /** FreeSWITCH counts under the id that the directory gives the account, and tells the account. */
  async #light(account: string): Promise<void> {
    const [user = '', domain = ''] = account.split('@');
    const found = await this.directory.locate(user, domain, ORIGIN, [['action', 'message-count']]);
    this.lamps.push({ account, waiting: this.box(`${found?.id ?? user}@${domain}`).messages });
  }

  #inFolder(path: string): Box | undefined {
    const [, domain, name] = /\/voicemail\/default\/([^/]+)\/([^/']+)$/.exec(path) ?? [];
    const box = this.#boxes.get(`${name}@${domain}`);
    return box && box.messages + box.greetings > 0 ? box : undefined;
  }

  #removeFolder(command: string): void {
    const path = /^rm -rf -- '(\/[^']+)'$/.exec(command)?.[1];
    const box = path === undefined ? undefined : this.#inFolder(path);
    if (box && this.mayDelete) Object.assign(box, { messages: 0, greetings: 0 });
  }
}

const account = (given: string): string => given.replace(/\/default$/, '');

function param(params: readonly (readonly [string, string])[], name: string): string | undefined {
  return params.find(([each]) => each === name)?.[1];
}
