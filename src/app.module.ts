import { type DynamicModule, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AuditLog } from './events/audit/audit-log.service';
import { AuditAnswers } from './audit/audit-answers';
import { AuditController, PlatformAuditController } from './audit/audit.controller';
import { AuditService } from './events/audit/audit.service';
import { Access } from './auth/access';
import { AuthController } from './auth/auth.controller';
import { LastUse } from './accounts/tokens/last-use';
import { LoginService } from './accounts/tokens/login.service';
import { NeedsGuard } from './auth/needs';
import { OwnTokensService } from './accounts/tokens/token-management.service';
import { TokensController } from './auth/tokens.controller';
import { TokensService } from './accounts/tokens/token-store';
import { CallerIdsController } from './caller-ids/caller-ids.controller';
import { CallerIdsService } from './pbx/caller-ids/caller-ids.service';
import { DepartmentsController } from './departments/departments.controller';
import { DepartmentsService } from './pbx/departments/departments.service';
import { CsvLimits } from './common/csv-stream';
import { ErrorFilter } from './common/error.filter';
import { FieldsPipe } from './common/fields.pipe';
import { InstallationSecrets } from './platform/config/secret-files';
import { Settings } from './platform/config/settings';
import { presenceOf } from './platform/database/data-source';
import { Checkpoints } from './platform/database/checkpoints';
import { DatabasePresence } from './platform/availability-monitor';
import { WritePresence } from './platform/database/write-monitor';
import { Transactions } from './platform/database/transactions';
import { DiagnosisController } from './diagnosis/diagnosis.controller';
import { DiagnosisService } from './nodes/diagnosis/diagnosis.service';
import { DirectoryController } from './directory/directory.controller';
import { DirectoryService } from './nodes/directory/directory.service';
import { LookupLog } from './nodes/directory/lookup-log';
import { LookupsInFlight } from './nodes/directory/lookups-in-flight';
import { ExtensionChanges } from './events/extension-changes';
import { AvailableNumbersController } from './extensions/available-numbers.controller';
import { DeletedExtensionsController } from './extensions/deleted-extensions.controller';
import { DeletedExtensionsService } from './pbx/extensions/restore.service';
import { ExportController } from './extensions/export.controller';
import { ExtensionsController } from './extensions/extensions.controller';
import { ExtensionsService } from './pbx/extensions/extensions.service';
import { RotationsController } from './extensions/rotations.controller';
import { RotationsService } from './pbx/extensions/password-rotation.service';
import { NodePool } from './freeswitch/node-pool';
import { SOFIA_EVENTS } from './freeswitch/sofia-events';
import { HealthController } from './health/health.controller';
import { IdempotencyStore } from './idempotency/idempotency-store';
import { Idempotency } from './idempotency/idempotency.service';
import { ImportHolders } from './pbx/imports/import-holders.service';
import { ImportRunner } from './pbx/imports/import-queue.service';
import { ImportStore } from './pbx/imports/import-jobs.repository';
import { ImportStreams } from './pbx/imports/import-streams.service';
import { ImportWork } from './pbx/imports/import-executor';
import { ImportWriter } from './pbx/imports/bulk-writer';
import { ImportsController } from './imports/imports.controller';
import { ImportsService } from './pbx/imports/imports.service';
import { Metrics } from './platform/metrics';
import { MetricsController } from './metrics/metrics.controller';
import { NodeAskers } from './nodes/registry/node-askers';
import { NodesController } from './nodes/nodes.controller';
import { NodesService } from './nodes/registry/nodes.service';
import { NodesWatcher } from './nodes/registry/nodes-watcher';
import { UnknownNodesController } from './nodes/unknown-nodes.controller';
import { UnknownNodes } from './nodes/registry/unknown-nodes.service';
import { MemoryStore } from './rate-limits/memory-store';
import { RateLimitStore } from './rate-limits/rate-limit-store';
import { RateLimits } from './rate-limits/rate-limits.service';
import { RedisStore } from './rate-limits/redis-store';
import { ContactEndings } from './nodes/registrations/state/contact-endings.service';
import { RegistrationStreams } from './nodes/registrations/stream/stream-hub.service';
import { RegistrationsStreamController } from './registrations/registrations-stream.controller';
import { DeviceLimit } from './nodes/registrations/state/device-limit.service';
import { RegistrationsController } from './registrations/registrations.controller';
import { RegistrationsService } from './nodes/registrations/state/registrations.service';
import { StrayContacts } from './nodes/registrations/state/stray-contacts.service';
import { StreamLimits } from './nodes/registrations/stream/stream-limits';
import { ChangedUsers } from './nodes/revocations/user-change-transaction';
import { ChangeFeed } from './nodes/revocations/change-feed';
import { KicksService } from './nodes/revocations/kicks.service';
import { NodeSweeper } from './nodes/revocations/node-sweeper';
import { ReceiptsService } from './nodes/revocations/receipts.service';
import { RevocationStore } from './nodes/revocations/revocation-store';
import { RevocationsController } from './revocations/revocations.controller';
import { PhonePins } from './nodes/revocations/phone-pins.service';
import { RevocationsService } from './nodes/revocations/revocations.service';
import { SealedBox } from './platform/secrets/sealed-box';
import { SipCredentials } from './platform/secrets/sip-credentials.service';
import { PlatformService } from './pbx/tenant-admin/tenant-admin.service';
import { TeamsController } from './teams/teams.controller';
import { TeamsService } from './pbx/teams/teams.service';
import { TenantsController } from './tenants/tenants.controller';
import { TenantsService } from './accounts/tenants/tenants.service';
import { Passwords } from './accounts/users/passwords';
import { UsersController } from './users/users.controller';
import { UsersService } from './accounts/users/users.service';

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
  AuditController,
  PlatformAuditController,
  AuthController,
  TokensController,
  UsersController,
  TenantsController,
  NodesController,
  UnknownNodesController,
  ExtensionsController,
  AvailableNumbersController,
  DeletedExtensionsController,
  RegistrationsController,
  RegistrationsStreamController,
  DiagnosisController,
  RotationsController,
  ExportController,
  ImportsController,
  RevocationsController,
  CallerIdsController,
  TeamsController,
  DepartmentsController,
  DirectoryController,
  HealthController,
  MetricsController,
];

const SERVICES = [
  Checkpoints,
  Metrics,
  RateLimits,
  IdempotencyStore,
  Idempotency,
  LookupLog,
  LookupsInFlight,
  SipCredentials,
  TenantsService,
  PlatformService,
  NodesService,
  NodesWatcher,
  NodeAskers,
  UnknownNodes,
  AuditService,
  AuditLog,
  AuditAnswers,
  TokensService,
  OwnTokensService,
  Passwords,
  UsersService,
  LoginService,
  LastUse,
  Access,
  CallerIdsService,
  TeamsService,
  DepartmentsService,
  ExtensionChanges,
  ExtensionsService,
  DeletedExtensionsService,
  RegistrationsService,
  ContactEndings,
  StrayContacts,
  DeviceLimit,
  RegistrationStreams,
  StreamLimits,
  RotationsService,
  CsvLimits,
  ImportHolders,
  ImportStore,
  ImportWriter,
  ImportWork,
  ImportRunner,
  ImportsService,
  ImportStreams,
  RevocationStore,
  RevocationsService,
  ChangedUsers,
  PhonePins,
  ReceiptsService,
  KicksService,
  NodeSweeper,
  ChangeFeed,
  DiagnosisService,
  DirectoryService,
  WritePresence,
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
        { provide: APP_GUARD, useClass: NeedsGuard },
        { provide: Settings, useValue: settings },
        { provide: InstallationSecrets, useValue: secrets },
        { provide: DataSource, useValue: dataSource },
        { provide: Transactions, useValue: new Transactions(dataSource) },
        { provide: DatabasePresence, useFactory: watchDatabase, inject: [DataSource] },
        { provide: SealedBox, useValue: new SealedBox(secrets.appKey) },
        { provide: RateLimitStore, useFactory: rateLimitStore, inject: [Settings] },
        { provide: NodePool, useFactory: nodePool, inject: [Metrics] },
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

function rateLimitStore({ REDIS_URL }: Settings): RateLimitStore {
  return REDIS_URL === '' ? new MemoryStore() : new RedisStore(REDIS_URL);
}

/** Empty until NodesWatcher has read which nodes there are. */
function nodePool(metrics: Metrics): NodePool {
  const logger = new Logger(NodePool.name);
  const log = {
    info: (message: string, fields: Record<string, unknown>): void => logger.log(fields, message),
    warn: (message: string, fields: Record<string, unknown>): void => logger.warn(fields, message),
  };
  const pool = new NodePool({
    log,
    subclasses: SOFIA_EVENTS,
    times: { command: COMMAND_DEADLINE_MS, keepalive: KEEPALIVE_MS },
  });
  pool.follow((node) => {
    metrics.nodeReady.set({ node: node.name }, 0);
    const end = node.onStatus((status) =>
      metrics.nodeReady.set({ node: node.name }, status === 'ready' ? 1 : 0),
    );
    return () => {
      end();
      metrics.nodeReady.remove({ node: node.name });
    };
  });
  return pool;
}
