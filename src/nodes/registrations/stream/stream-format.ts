import { type Reach } from '../state/device';
import { type DeviceView } from '../state/device-view';
import { type RegistrationState } from '../state/registration-state';
import { type NodeView } from '../state/registrations.service';

/** An extension as a stream describes it at one moment. */
export interface StreamedExtension {
  number: string;
  status: RegistrationState;
  /** Since when, in ms since 1970; null: since before Dialplane began to look. */
  since: number | null;
  reach: Reach;
  /** Null: not asked for. */
  devices: readonly DeviceView[] | null;
}

/** How a dialect writes what a stream sends. What the functions return becomes JSON. */
export interface StreamFormat {
  /** Readers of formats with the same name share what was written. */
  readonly name: string;
  /** A row of a snapshot, written once for each change and kept for the snapshots after it. */
  row(extension: StreamedExtension): object;
  nodes(nodes: NodeView[]): object;
  /** @param nodes as `nodes` returned it; `extensions` as `row` did */
  snapshot(whole: { at: Date; nodes: object; extensions: object[] }): object;
  /** @param previous null for an extension that is new */
  change(extension: StreamedExtension, previous: RegistrationState | null, at: Date): object;
  removed(number: string, at: Date): object;
}
