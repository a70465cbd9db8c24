import { type Patch } from '../../core/patch';
import { type CallerId, type CallerIdStatus } from '../../schema/caller-id.entity';

/** Which caller IDs are listed. */
export interface CallerIdFilter {
  /** Active ones when it is absent. */
  status?: CallerIdStatus | 'all' | null;
  /** Part of the number, in any way to write it, or of the name. */
  search?: string | null;
}

export type CallerIdPatch = Patch<
  Pick<CallerId, 'displayName' | 'carrier' | 'cliType' | 'status'> & {
    isDefault: boolean;
    /** Only the number it has already is accepted. */
    number: unknown;
  }
>;
