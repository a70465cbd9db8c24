import { type Device } from './device';

type Aged = Pick<Device, 'since' | 'expiresAt' | 'contact'>;

/**
 * The devices that are too many: those known longest. A phone that registers its contact again is no newer for it.
 * Where lists showed several at once, the one whose registration ends first; every instance chooses the same.
 */
export function oldestDevices<D extends Aged>(devices: readonly D[], most: number): D[] {
  const byAge = [...devices].sort(
    (one, other) =>
      (one.since ?? 0) - (other.since ?? 0) ||
      one.expiresAt - other.expiresAt ||
      (one.contact < other.contact ? -1 : Number(one.contact > other.contact)),
  );
  return byAge.slice(0, Math.max(0, devices.length - most));
}
