import { type DynamicModule, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { TokensService } from './auth/tokens.service';
import { CallerIdsController } from './caller-ids/caller-ids.controller';
import { CallerIdsService } from './caller-ids/caller-ids.service';
import { ErrorFilter } from './common/error.filter';
import { FieldsPipe } from './common/fields.pipe';
import { InstallationSecrets } from './config/secret-files';
import { Settings } from './config/settings';
import { presenceOf } from './database/data-source';
import { DatabasePresence } from './database/presence';
import { Transactions } from './database/transactions';
import { DiagnosisController } from './diagnosis/diagnosis.controller';
import { DiagnosisService } from './diagnosis/diagnosis.service';
import { DirectoryController } from './directory/directory.controller';
import { DirectoryService } from './directory/directory.service';
import { LookupLog } from './directory/lookup-log';
import { LookupsInFlight } from './directory/lookups-in-flight';
import { ExtensionChanges } from './extensions/extension-changes';
import { ExtensionsController } from './extensions/extensions.controller';
import { ExtensionsService } from './extensions/extensions.service';
import { RotationsController } from './extensions/rotations.controller';
import { RotationsService } from './extensions/rotations.service';
import { NodePool } from './freeswitch/node-pool';
import { SOFIA_EVENTS } from './freeswitch/sofia-events';
import { HealthController } from './health/health.controller';
import { Metrics } from './metrics/metrics';
import { MetricsController } from './metrics/metrics.controller';
import { RegistrationStreams } from './registrations/registration-streams.service';
import { RegistrationsStreamController } from './registrations/registrations-stream.controller';
import { RegistrationsController } from './registrations/registrations.controller';
import { RegistrationsService } from './registrations/registrations.service';
import { StreamLimits } from './registrations/stream-limits';
import { ChangeFeed } from './revocations/change-feed';
import { KicksService } from './revocations/kicks.service';
import { ReceiptsService } from './revocations/receipts.service';
import { RevocationStore } from './revocations/revocation-store';
import { RevocationsController } from './revocations/revocations.controller';
import { RevocationsService } from './revocations/revocations.service';
import { SealedBox } from './sip-credentials/sealed-box';
import { SipCredentials } from './sip-credentials/sip-credentials.service';
import { TenantsService } from './tenants/tenants.service';

/** An ESL command is answered in milliseconds; a node that takes longer than this is stuck. */
const COMMAND_DEADLINE_MS = 1_400;
/** A node that is cut off without a word must be noticed within a second. */
const KEEPALIVE_MS = 300;

/** What was read and opened before Nest starts. */
export interface Installation {
  settings: Settings;
  secrets: InstallationSecrets;
  dataSource: DataSource;
}

const CONTROLLERS = [
  ExtensionsController,
  RegistrationsController,
  RegistrationsStreamController,
  DiagnosisController,
  RotationsController,
  RevocationsController,
  CallerIdsController,
  DirectoryController,
  HealthController,
  MetricsController,
];

const SERVICES = [
  Metrics,
  LookupLog,
  LookupsInFlight,
  SipCredentials,
  TenantsService,
  TokensService,
  CallerIdsService,
  ExtensionChanges,
  ExtensionsService,
  RegistrationsService,
  RegistrationStreams,
  StreamLimits,
  RotationsService,
  RevocationStore,
  RevocationsService,
  ReceiptsService,
  KicksService,
  ChangeFeed,
  DiagnosisService,
  DirectoryService,
];

@Module({})
export class AppModule implements OnApplicationShutdown {
  constructor(private readonly pool: NodePool) {}

  static of({ settings, secrets, dataSource }: Installation): DynamicModule {
    return {
      module: AppModule,
      controllers: CONTROLLERS,
      providers: [
        { provide: APP_FILTER, useClass: ErrorFilter },
        { provide: APP_PIPE, useClass: FieldsPipe },
        { provide: Settings, useValue: settings },
        { provide: InstallationSecrets, useValue: secrets },
        { provide: DataSource, useValue: dataSource },
        { provide: Transactions, useValue: new Transactions(dataSource) },
        { provide: DatabasePresence, useFactory: watchDatabase, inject: [DataSource] },
        { provide: SealedBox, useValue: new SealedBox(secrets.appKey) },
        { provide: NodePool, useFactory: startPool, inject: [Settings, Metrics] },
        ...SERVICES,
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.stop();
  }
}

function watchDatabase(dataSource: DataSource): DatabasePresence {
  const logger = new Logger(DatabasePresence.name);
  const presence = presenceOf(dataSource);
  presence.onChange((change) => {
    if (change.there) logger.log({}, 'the database is back');
    else logger.warn({ err: change.error }, 'the database is away; lookups are answered from memory');
  });
  return presence;
}

function startPool(settings: Settings, metrics: Metrics): NodePool {
  const logger = new Logger(NodePool.name);
  const log = {
    info: (message: string, fields: Record<string, unknown>): void => logger.log(fields, message),
    warn: (message: string, fields: Record<string, unknown>): void => logger.warn(fields, message),
  };
  const pool = new NodePool(settings.nodes, {
    log,
    subclasses: SOFIA_EVENTS,
    times: { command: COMMAND_DEADLINE_MS, keepalive: KEEPALIVE_MS },
  });
  for (const node of pool.nodes) {
    metrics.nodeReady.set({ node: node.name }, 0);
    node.onStatus((status) => metrics.nodeReady.set({ node: node.name }, status === 'ready' ? 1 : 0));
  }
  pool.start();
  return pool;
}
