import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Settings } from '../../../platform/config/settings';
import { AvailabilityMonitor } from '../../../platform/availability-monitor';
import { isUnavailable } from '../../../platform/database/unavailable';
import { leadsElsewhere } from '../../../freeswitch/contact';
import { Tenant } from '../../../schema/tenant.entity';
import { ContactEndings } from './contact-endings.service';
import { type Device } from './device';
import { oldestDevices } from './oldest-devices';
import { type RegistrationChange, RegistrationsService } from './registrations.service';

type Extension = NonNullable<RegistrationChange>;

/** More than these are left to their next REGISTER. */
const MOST_WAITING = 10_000;
/** A contact is not ended again while its node is still being asked; after that its next REGISTER counts. */
const ENDING_MS = 60_000;

/** Ends the oldest devices of an extension that has more registered, on all nodes, than its tenant's max_devices. */
@Injectable()
export class DeviceLimit implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DeviceLimit.name);
  private readonly waiting = new Map<string, Extension>();
  private readonly ending = new WeakMap<Device, number>();
  private working = false;
  private stop: () => void = () => undefined;

  constructor(
    private readonly registrations: RegistrationsService,
    private readonly endings: ContactEndings,
    private readonly dataSource: DataSource,
    private readonly presence: AvailabilityMonitor,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = this.registrations.onChange((change) => {
      if (change) this.add(change);
    });
  }

  onApplicationShutdown(): void {
    this.stop();
    this.waiting.clear();
  }

  private add(extension: Extension): void {
    if (this.waiting.size >= MOST_WAITING || this.devicesOf(extension).length < 2) return;
    this.waiting.set(`${extension.number}@${extension.domain}`, extension);
    if (!this.working) void this.work();
  }

  private async work(): Promise<void> {
    this.working = true;
    for (const [key, extension] of this.waiting) {
      this.waiting.delete(key);
      try {
        await this.check(extension);
      } catch (error) {
        if (isUnavailable(error)) this.presence.suspect();
        else
          this.logger.error(
            { event: 'device_limit.read_failed', err: error },
            'the limit of devices could not be read',
          );
      }
    }
    this.working = false;
  }

  private async check(extension: Extension): Promise<void> {
    const { domain } = extension;
    const tenant = await this.dataSource.manager.findOne(Tenant, {
      where: { domain },
      select: { maxDevices: true },
    });
    if (!tenant) return;
    const devices = this.devicesOf(extension);
    for (const device of oldestDevices(devices, tenant.maxDevices)) {
      this.end(device, devices.length, tenant.maxDevices);
    }
  }

  private end(device: Device, count: number, most: number): void {
    const now = Date.now();
    if ((this.ending.get(device) ?? 0) > now - ENDING_MS) return;
    this.ending.set(device, now);
    const { number, networkIp, networkPort } = device;
    this.endings.end({
      ...device,
      code: 'too_many_devices',
      summary: `${number} had ${count} devices, of ${most} that are allowed, and the one at ${networkIp}:${networkPort} had been there longest`,
      nextStep:
        "Log out the phones that are not used, or have the account's max_devices raised. If they are not yours, change the password.",
    });
  }

  /** Those that may stay for all else. */
  private devicesOf({ number, domain }: Extension): Device[] {
    const { sipProxies } = this.settings;
    const devices = this.registrations.devicesOf(number, domain);
    return devices.filter(
      ({ contact, networkIp }) => leadsElsewhere(contact, networkIp, sipProxies) === null,
    );
  }
}
