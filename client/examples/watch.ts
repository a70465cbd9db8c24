// Prints who is online, and each change of it, for as long as it runs.
import { type Schemas } from '@dialplane/client';

const url = `${process.env.DIALPLANE_URL ?? 'http://127.0.0.1:3000'}/api/pbx/registrations/stream`;
let lastEventId = '';

/** One connection, to its end; `Last-Event-ID` has the server begin where the last one broke off. */
async function follow(): Promise<void> {
  const headers = { Authorization: `Bearer ${process.env.DIALPLANE_TOKEN}`, 'Last-Event-ID': lastEventId };
  const response = await fetch(url, { headers });
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const frames = (text + chunk).split('\n\n');
    text = frames.pop() ?? '';
    frames.forEach(read);
  }
}

function read(frame: string): void {
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? '';
  if (field('id')) lastEventId = field('id');
  if (field('event') === 'snapshot') {
    const { extensions } = JSON.parse(field('data')) as Schemas['StreamSnapshot'];
    for (const { extension_number, status } of extensions) console.log(extension_number, status);
  }
  if (field('event') === 'change') {
    const { extension_number, previous_status, status } = JSON.parse(
      field('data'),
    ) as Schemas['StreamChange'];
    console.log(extension_number, previous_status, '->', status);
  }
}

for (;;) {
  await follow().catch((error: unknown) => console.error(String(error)));
  await new Promise((resolve) => setTimeout(resolve, 2_000 + Math.random() * 2_000));
}
