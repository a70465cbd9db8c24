import { type Device } from './device';

/** A contact that a node is to drop, and why. */
export interface ContactToEnd extends Pick<
  Device,
  'node' | 'profile' | 'number' | 'domain' | 'contact' | 'callId' | 'networkIp' | 'networkPort' | 'agent'
> {
  /** One of diagnosis' codes. */
  code: EndingCode;
  /** In plain words: what is the matter, and what to do about it. */
  summary: string;
  nextStep: string;
}

export const ENDING_CODES = ['contact_leads_elsewhere', 'too_many_devices'] as const;
export type EndingCode = (typeof ENDING_CODES)[number];
