import { spawnSync } from 'node:child_process';

export const FREESWITCH_BIN = process.env.FREESWITCH_BIN ?? '';
export const SIPP_BIN = process.env.SIPP_BIN ?? 'sipp';

/** Whether a real FreeSWITCH and sipp can be run here; when not, says so once, aloud. */
export function liveToolsAvailable(): boolean {
  const missing = [
    runs(FREESWITCH_BIN, '-version') ? '' : 'FREESWITCH_BIN to the path of a FreeSWITCH 1.10 or 1.11',
    runs(SIPP_BIN, '-v') ? '' : 'SIPP_BIN to the path of sipp (or put sipp into PATH)',
  ].filter(Boolean);
  if (missing.length > 0) process.stderr.write(`LIVE SUITE SKIPPED: set ${missing.join(', and ')}.\n`);
  return missing.length === 0;
}

function runs(program: string, option: string): boolean {
  // sipp -v exits with 99: that it started at all is what counts.
  return program !== '' && spawnSync(program, [option], { stdio: 'ignore' }).error === undefined;
}
