import { type Device } from './device';

type Aged = Pick<Device, 'since' | 'firstSeenAt' | 'expiresAt' | 'contact'>;

/** A list may show a new phone before its event, which knows since when. */
const age = ({ since, firstSeenAt }: Aged): number => since ?? firstSeenAt;

/**
 * The devices that are too many: those known longest. A phone that registers its contact again is no newer for it.
 * Where a list showed several at once, the one whose registration ends first; every instance chooses the same.
 */
export function oldestDevices<D extends Aged>(devices: readonly D[], most: number): D[] {
  const byAge = [...devices].sort(
    (one, other) =>
      age(one) - age(other) ||
      one.expiresAt - other.expiresAt ||
      (one.contact < other.contact ? -1 : Number(one.contact > other.contact)),
  );
  return byAge.slice(0, Math.max(0, devices.length - most));
}
