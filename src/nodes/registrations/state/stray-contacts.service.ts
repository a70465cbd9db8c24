import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../../platform/config/settings';
import { leadsElsewhere } from '../../../freeswitch/contact';
import { ContactEndings } from './contact-endings.service';
import { type Device } from './device';
import { RegistrationsService } from './registrations.service';

/**
 * Ends each contact to which FreeSWITCH would send elsewhere than where it came from: its pings and notices, and calls of a
 * dialplan other than freeswitch-conf's.
 */
@Injectable()
export class StrayContacts implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: () => void = () => undefined;

  constructor(
    private readonly registrations: RegistrationsService,
    private readonly endings: ContactEndings,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = this.registrations.onChange((change) => {
      if (change)
        this.registrations.devicesOf(change.number, change.domain).forEach((each) => this.look(each));
    });
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  private look(device: Device): void {
    const { contact, networkIp, networkPort, number } = device;
    const elsewhere = leadsElsewhere(contact, networkIp, this.settings.sipProxies);
    if (elsewhere === null) return;
    this.endings.end({
      ...device,
      code: 'contact_leads_elsewhere',
      summary: `the phone at ${networkIp}:${networkPort} registered as ${number} for ${shown(elsewhere)}, so calls would have gone there`,
      nextStep:
        'If that is a SIP proxy of yours, name it in SIP_PROXIES, for FreeSWITCH and for Dialplane. If not, change the password: who knows it tries to call at your cost.',
    });
  }
}

/** A stranger's text, in a sentence. */
const shown = (host: string): string => (/^[\w.:[\]-]{1,100}$/.test(host) ? host : 'another address');
