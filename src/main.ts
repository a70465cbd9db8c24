import { type AddressInfo } from 'node:net';
import { createApp } from './app';
import { seedDemo } from './cli/demo';
import { openInstallation } from './cli/installation';
import { createLogger } from './common/logging';

/** After this a stop that waits for in-flight answers is forced. */
const STOP_DEADLINE_MS = 10_000;

/** Migrates and serves until SIGTERM or SIGINT; resolves once it listens. */
export async function serve(): Promise<void> {
  const installation = await openInstallation();
  const { settings } = installation;
  const logger = createLogger(settings);
  const demo = await seedDemo(installation);
  const app = await createApp(installation, logger);
  await app.listen(settings.PORT, settings.HOST);

  const { address, port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  process.stdout.write(`Dialplane is listening on ${url}\n`);
  if (demo) process.stdout.write(demo.words(url));

  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    void app
      .close()
      .then(() => installation.dataSource.destroy())
      .then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
