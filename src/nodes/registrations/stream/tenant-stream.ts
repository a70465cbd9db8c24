import { now } from '../../../core/time';
import { ReplayBuffer, frame, type ReplayBudget } from './replay-buffer';
import { Throttle } from './throttle';
import { type RegistrationState } from '../state/registration-state';
import { viewDevice } from '../state/device-view';
import { type RegistrationsService } from '../state/registrations.service';
import { ExtensionNumberSet, type ExtensionNumberSetOptions } from './extension-number-set';
import { type StreamClient } from './stream-client';
import { type StreamedExtension, type StreamFormat } from './stream-format';

export interface StreamOptions {
  format: StreamFormat;
  domain: string;
  /** Whether devices are told of as well. */
  devices: boolean;
  dampingMs: number;
  budget: ReplayBudget;
  roster: Omit<ExtensionNumberSetOptions, 'onAdded' | 'onRemoved'>;
}

/** What was told last of an extension, and a text that differs when it would be told otherwise. */
interface Told {
  row: object;
  status: RegistrationState;
  key: string;
}

/** A full turn of all extensions, such as a node's leaving, fits several times. */
const BYTES_PER_EXTENSION = { plain: 1_024, devices: 4_096 };
const FEWEST_BYTES = 1024 * 1024;
const SNAPSHOT_HOLDS_MS = 1_000;
/** No extension's number. */
const NODES = 'nodes';

/** What is told of one tenant's extensions: once, for all who read it. */
export class TenantStream {
  readonly readers = new Set<StreamClient>();
  readonly log: ReplayBuffer;
  readonly loaded: Promise<void>;
  private readonly told = new Map<string, Told>();
  private readonly damping: Throttle;
  private readonly roster: ExtensionNumberSet;
  private nodesTold: string;
  private snapshot: { bytes: Buffer; position: number; until: number } | null = null;
  private dampingTimer: NodeJS.Timeout | null = null;
  private sealing: NodeJS.Immediate | null = null;

  constructor(
    private readonly registrations: RegistrationsService,
    private readonly options: StreamOptions,
  ) {
    this.damping = new Throttle(options.dampingMs);
    const each = BYTES_PER_EXTENSION[options.devices ? 'devices' : 'plain'];
    this.log = new ReplayBuffer(options.budget, () => Math.max(FEWEST_BYTES, this.told.size * each));
    this.nodesTold = JSON.stringify(options.format.nodes(registrations.nodes()));
    this.roster = new ExtensionNumberSet({
      ...options.roster,
      onAdded: (number) => this.came(number),
      onRemoved: (number) => this.went(number),
    });
    this.loaded = this.load();
  }

  get domain(): string {
    return this.options.domain;
  }

  stop(): void {
    this.roster.stop();
    this.log.clear();
    if (this.dampingTimer) clearTimeout(this.dampingTimer);
    if (this.sealing) clearImmediate(this.sealing);
    this.dampingTimer = null;
    this.sealing = null;
  }

  /** The extension may have been made or deleted. */
  touch(number: string): void {
    this.roster.invalidate(number);
  }

  /** The extension's phones may have changed. */
  review(number: string): void {
    if (this.told.has(number)) this.reviewWith(number, this.statesNow());
  }

  /** A node came or went. */
  reviewAll(): void {
    this.reviewNodes();
    const stateOf = this.statesNow();
    for (const number of this.told.keys()) this.reviewWith(number, stateOf);
  }

  /** All as it was told up to the newest frame, and that frame's number. */
  whole(): { bytes: Buffer; position: number } {
    const position = this.log.last;
    const time = performance.now();
    if (this.snapshot?.position === position && time < this.snapshot.until) return this.snapshot;
    const extensions = [...this.told.values()].map(({ row }) => row);
    const nodes = JSON.parse(this.nodesTold) as object;
    const data = this.options.format.snapshot({ at: now(), nodes, extensions });
    const bytes = Buffer.from(frame('snapshot', this.log.idOf(position), data));
    this.snapshot = { bytes, position, until: time + SNAPSHOT_HOLDS_MS };
    return this.snapshot;
  }

  private async load(): Promise<void> {
    await this.roster.load();
    const stateOf = this.statesNow();
    for (const number of this.roster.numbers)
      this.told.set(number, this.toldOf(this.present(number, stateOf)));
    this.nodesTold = JSON.stringify(this.nodesNow());
  }

  private came(number: string): void {
    const extension = this.present(number, this.statesNow());
    this.told.set(number, this.toldOf(extension));
    this.tell('change', this.options.format.change(extension, null, now()));
  }

  private went(number: string): void {
    this.told.delete(number);
    this.damping.forget(number);
    this.tell('removed', this.options.format.removed(number, now()));
  }

  private statesNow(): (number: string) => RegistrationState {
    return this.registrations.statesIn(this.options.domain);
  }

  private nodesNow(): object {
    return this.options.format.nodes(this.registrations.nodes());
  }

  private present(number: string, stateOf: (number: string) => RegistrationState): StreamedExtension {
    const { domain, devices } = this.options;
    const status = stateOf(number);
    return {
      number,
      status,
      since: this.registrations.sinceOf(number, domain, status),
      reach: this.registrations.reachOf(number, domain),
      devices: devices ? this.registrations.view(number, domain).devices.map(viewDevice) : null,
    };
  }

  private toldOf(extension: StreamedExtension): Told {
    return { row: this.options.format.row(extension), status: extension.status, key: keyOf(extension) };
  }

  private reviewWith(number: string, stateOf: (number: string) => RegistrationState): void {
    const before = this.told.get(number);
    if (!before || !this.mayTell(number)) return;
    const extension = this.present(number, stateOf);
    if (keyOf(extension) === before.key) return;
    this.told.set(number, this.toldOf(extension));
    this.damping.told(number, performance.now());
    this.tell('change', this.options.format.change(extension, before.status, now()));
  }

  private reviewNodes(): void {
    if (!this.mayTell(NODES)) return;
    const nodes = this.nodesNow();
    const text = JSON.stringify(nodes);
    if (text === this.nodesTold) return;
    this.nodesTold = text;
    this.damping.told(NODES, performance.now());
    this.tell('nodes', nodes);
  }

  private mayTell(key: string): boolean {
    const may = this.damping.mayTell(key, performance.now());
    if (!may) this.awaitWindow();
    return may;
  }

  private awaitWindow(): void {
    const { nextEnd } = this.damping;
    if (this.dampingTimer || nextEnd === null) return;
    this.dampingTimer = setTimeout(
      () => {
        this.dampingTimer = null;
        const stateOf = this.statesNow();
        for (const key of this.damping.due(performance.now())) {
          if (key === NODES) this.reviewNodes();
          else this.reviewWith(key, stateOf);
        }
        this.awaitWindow();
      },
      Math.max(1, nextEnd - performance.now()),
    );
  }

  /** What is told in one turn of the event loop goes out together. */
  private tell(event: string, data: unknown): void {
    this.log.add(event, data);
    this.sealing ??= setImmediate(() => {
      this.sealing = null;
      this.log.seal();
      for (const reader of this.readers) reader.pump();
    });
  }
}

const keyOf = ({ status, reach, devices }: StreamedExtension): string =>
  `${status} ${reach.reachable} ${devices ? JSON.stringify(devices) : ''}`;
