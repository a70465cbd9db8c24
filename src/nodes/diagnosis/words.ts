import { isoTime } from '../../core/time';
import { type SeenAttempt } from './evidence-store';

/** What is the matter, and what to do next. */
export type Words = [summary: string, nextStep: string];

export const LATELY_MS = 60 * 60 * 1_000;

export const time = (ms: number): string => isoTime(new Date(ms));

export const phone = ({ networkIp, networkPort, agent }: SeenAttempt): string =>
  `The phone at ${networkIp}:${networkPort}${agent === '' ? '' : ` (${agent})`}`;
