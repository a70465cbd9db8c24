import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';

const KEYS = '0123456789*#';
const FRAME_MS = 20;
const SAMPLES = 160;
const PCMA = 8;
/** What the scenario `call` offers for DTMF. */
const EVENT = 96;
/** Frames: what comes before the first key, how long one is held, how often its end is said, what follows it. */
const [LEAD, HELD, END, GAP, BLANK] = [25, 6, 3, 20, 50];

/** Presses keys in the media of a call (RFC 4733), with silence between them; a blank is a second of it. sipp's own repeats its time stamps. */
export async function pressInMedia(port: number, keys: string): Promise<void> {
  const socket = createSocket('udp4');
  let sequence = 1;
  let timestamp = SAMPLES;
  const send = async (type: number, at: number, payload: Buffer): Promise<void> => {
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8(type, 1);
    header.writeUInt16BE(sequence++, 2);
    header.writeUInt32BE(at, 4);
    header.writeUInt32BE(0x11223344, 8);
    socket.send(Buffer.concat([header, payload]), port, '127.0.0.1');
    timestamp += SAMPLES;
    await delay(FRAME_MS);
  };
  const silence = async (frames: number): Promise<void> => {
    for (let frame = 0; frame < frames; frame++) await send(PCMA, timestamp, Buffer.alloc(SAMPLES, 0xd5));
  };
  await silence(LEAD);
  for (const key of keys) {
    if (key === ' ') {
      await silence(BLANK);
      continue;
    }
    const begun = timestamp;
    for (let frame = 1; frame <= HELD + END; frame++) {
      const event = Buffer.from([KEYS.indexOf(key), frame > HELD ? 0x8a : 0x0a, 0, 0]);
      event.writeUInt16BE(Math.min(frame, HELD) * SAMPLES, 2);
      await send(EVENT, begun, event);
    }
    await silence(GAP);
  }
  socket.close();
}
