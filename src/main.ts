import { type AddressInfo } from 'node:net';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app';
import { seedDemo } from './cli/demo';
import { openInstallation } from './cli/installation';
import { createLogger } from './platform/logging';
import { InvalidSetting } from './platform/config/invalid-setting';
import { type Settings } from './platform/config/settings';

/** Every answer has a deadline of 2 s; a connection still open after this waits for no answer. */
const DRAIN_MS = 3_000;
/** After this a stop that waits for in-flight answers is forced. */
const STOP_DEADLINE_MS = 10_000;

/** Migrates and serves until SIGTERM or SIGINT; resolves once it listens. */
export async function serve(): Promise<void> {
  const installation = await openInstallation();
  const { settings } = installation;
  const logger = createLogger(settings);
  const app = await createApp(installation, logger);
  await listen(app, settings);
  // Only now: what is shown once must not be made by a start that fails.
  const demo = await seedDemo(app, installation);

  const { address, port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;

  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ event: 'server.stopping', signal }, 'stopping');
    setTimeout(() => app.getHttpServer().closeAllConnections(), DRAIN_MS).unref();
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    void app
      .close()
      .then(() => installation.dataSource.destroy())
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        logger.error({ event: 'server.stop_failed', err: error }, 'stopping failed');
        process.exit(1);
      });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.stdout.write(`Dialplane is listening on ${url}\n${demo?.words(url) ?? ''}`);
}

/** @throws InvalidSetting naming the setting that is in the way */
async function listen(app: NestFastifyApplication, { HOST, PORT }: Settings): Promise<void> {
  try {
    await app.listen(PORT, HOST);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const setting = code === 'EADDRINUSE' || code === 'EACCES' ? 'PORT' : 'HOST';
    throw new InvalidSetting(setting, `cannot be listened on: ${message}`);
  }
}
