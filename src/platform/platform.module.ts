import { type DynamicModule, Global, Logger, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AvailabilityMonitor } from './availability-monitor';
import { InstallationSecrets } from './config/secret-files';
import { Settings } from './config/settings';
import { monitorOf } from './database/data-source';
import { Transactions } from './database/transactions';
import { type Installation } from './installation';
import { Metrics } from './metrics';
import { SealedBox } from './secrets/sealed-box';
import { SipCredentials } from './secrets/sip-credentials.service';

/** Settings, database, metrics and secrets, which every other module stands on. */
@Global()
@Module({})
export class PlatformModule {
  static of({ settings, secrets, dataSource }: Installation): DynamicModule {
    const providers = [
      { provide: Settings, useValue: settings },
      { provide: InstallationSecrets, useValue: secrets },
      { provide: DataSource, useValue: dataSource },
      { provide: Transactions, useValue: new Transactions(dataSource) },
      { provide: AvailabilityMonitor, useFactory: watchDatabase, inject: [DataSource] },
      { provide: SealedBox, useValue: new SealedBox(secrets.appKey) },
      SipCredentials,
      Metrics,
    ];
    return { module: PlatformModule, providers, exports: providers };
  }
}

function watchDatabase(dataSource: DataSource): AvailabilityMonitor {
  const logger = new Logger(AvailabilityMonitor.name);
  const monitor = monitorOf(dataSource);
  monitor.onChange((change) => {
    if (change.there) logger.log({ event: 'database.available' }, 'the database is back');
    else
      logger.warn(
        { event: 'database.unavailable', err: change.error },
        'the database is away; lookups are answered from memory',
      );
  });
  return monitor;
}
