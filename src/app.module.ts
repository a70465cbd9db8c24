import { type DynamicModule, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AuditLog } from './events/audit/audit-log.service';
import { AuditAnswers } from './api/pbx/audit/audit-answers';
import { AuditController, PlatformAuditController } from './api/pbx/audit/audit.controller';
import { AuditService } from './events/audit/audit.service';
import { ApiAuthentication } from './api/edge/authentication/api-authentication';
import { AuthController } from './api/auth/auth.controller';
import { LastUse } from './accounts/tokens/last-use';
import { LoginService } from './accounts/tokens/login.service';
import { PermissionGuard } from './api/edge/authentication/require-permission';
import { TokenManagementService } from './accounts/tokens/token-management.service';
import { TokensController } from './api/auth/tokens.controller';
import { TokenStore } from './accounts/tokens/token-store';
import { CallerIdsController } from './api/pbx/caller-ids/caller-ids.controller';
import { CallerIdsService } from './pbx/caller-ids/caller-ids.service';
import { DepartmentsController } from './api/pbx/departments/departments.controller';
import { DepartmentsService } from './pbx/departments/departments.service';
import { CsvLimits } from './api/edge/csv-stream';
import { ErrorFilter } from './api/edge/error.filter';
import { FieldsPipe } from './api/edge/fields.pipe';
import { InstallationSecrets } from './platform/config/secret-files';
import { Settings } from './platform/config/settings';
import { monitorOf } from './platform/database/data-source';
import { Checkpoints } from './platform/database/checkpoints';
import { AvailabilityMonitor } from './platform/availability-monitor';
import { WriteMonitor } from './platform/database/write-monitor';
import { Transactions } from './platform/database/transactions';
import { DiagnosisController } from './api/pbx/diagnosis/diagnosis.controller';
import { DiagnosisService } from './nodes/diagnosis/diagnosis.service';
import { DirectoryController } from './api/switch/directory.controller';
import { DirectoryService } from './nodes/directory/directory.service';
import { LookupLog } from './nodes/directory/lookup-log';
import { Lookups } from './nodes/directory/lookups';
import { LookupDoor } from './api/switch/lookup-door';
import { XmlCurlCredentials } from './api/switch/xml-curl-credentials';
import { LookupsInFlight } from './nodes/directory/lookups-in-flight';
import { ExtensionChanges } from './events/extension-changes';
import { AvailableNumbersController } from './api/pbx/extensions/available-numbers.controller';
import { DeletedExtensionsController } from './api/pbx/extensions/deleted-extensions.controller';
import { RestoreService } from './pbx/extensions/restore.service';
import { ExportController } from './api/pbx/extensions/export.controller';
import { ExtensionsController } from './api/pbx/extensions/extensions.controller';
import { ExtensionsService } from './pbx/extensions/extensions.service';
import { RotationsController } from './api/pbx/extensions/rotations.controller';
import { PasswordRotationService } from './pbx/extensions/password-rotation.service';
import { NodePool } from './freeswitch/node-pool';
import { SOFIA_EVENTS } from './freeswitch/sofia-events';
import { HealthController } from './api/ops/health.controller';
import { IdempotencyStore } from './api/edge/idempotency/idempotency-store';
import { Idempotency } from './api/edge/idempotency/idempotency.service';
import { ImportAccess } from './pbx/imports/import-access.service';
import { ImportQueue } from './pbx/imports/import-queue.service';
import { ImportJobsRepository } from './pbx/imports/import-jobs.repository';
import { ImportStreams } from './pbx/imports/import-streams.service';
import { ImportExecutor } from './pbx/imports/import-executor';
import { BulkWriter } from './pbx/imports/bulk-writer';
import { ImportsController } from './api/pbx/imports/imports.controller';
import { ImportsService } from './pbx/imports/imports.service';
import { Metrics } from './platform/metrics';
import { MetricsController } from './api/ops/metrics.controller';
import { NodeAskers } from './nodes/registry/node-askers';
import { NodesController } from './api/platform/nodes.controller';
import { NodesService } from './nodes/registry/nodes.service';
import { NodesWatcher } from './nodes/registry/nodes-watcher';
import { UnknownNodesController } from './api/platform/unknown-nodes.controller';
import { UnknownNodes } from './nodes/registry/unknown-nodes.service';
import { MemoryStore } from './api/edge/rate-limits/memory-store';
import { RateLimitStore } from './api/edge/rate-limits/rate-limit-store';
import { RateLimits } from './api/edge/rate-limits/rate-limits.service';
import { RedisStore } from './api/edge/rate-limits/redis-store';
import { ContactEndings } from './nodes/registrations/state/contact-endings.service';
import { StreamHub } from './nodes/registrations/stream/stream-hub.service';
import { RegistrationsStreamController } from './api/pbx/registrations/registrations-stream.controller';
import { DeviceLimit } from './nodes/registrations/state/device-limit.service';
import { RegistrationsController } from './api/pbx/registrations/registrations.controller';
import { RegistrationsService } from './nodes/registrations/state/registrations.service';
import { StrayContacts } from './nodes/registrations/state/stray-contacts.service';
import { StreamLimits } from './nodes/registrations/stream/stream-limits';
import { UserChangeTransaction } from './nodes/revocations/user-change-transaction';
import { ChangeFeed } from './nodes/revocations/change-feed';
import { KicksService } from './nodes/revocations/kicks.service';
import { NodeSweeper } from './nodes/revocations/node-sweeper';
import { ReceiptsService } from './nodes/revocations/receipts.service';
import { RevocationStore } from './nodes/revocations/revocation-store';
import { RevocationsController } from './api/pbx/revocations/revocations.controller';
import { PhonePins } from './nodes/revocations/phone-pins.service';
import { RevocationsService } from './nodes/revocations/revocations.service';
import { SealedBox } from './platform/secrets/sealed-box';
import { SipCredentials } from './platform/secrets/sip-credentials.service';
import { TenantAdminService } from './pbx/tenant-admin/tenant-admin.service';
import { TeamsController } from './api/pbx/teams/teams.controller';
import { TeamsService } from './pbx/teams/teams.service';
import { TenantsController } from './api/platform/tenants.controller';
import { TenantsService } from './accounts/tenants/tenants.service';
import { Passwords } from './accounts/users/passwords';
import { UsersController } from './api/auth/users.controller';
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
  TenantAdminService,
  NodesService,
  NodesWatcher,
  NodeAskers,
  UnknownNodes,
  AuditService,
  AuditLog,
  AuditAnswers,
  TokenStore,
  TokenManagementService,
  Passwords,
  UsersService,
  LoginService,
  LastUse,
  ApiAuthentication,
  CallerIdsService,
  TeamsService,
  DepartmentsService,
  ExtensionChanges,
  ExtensionsService,
  RestoreService,
  RegistrationsService,
  ContactEndings,
  StrayContacts,
  DeviceLimit,
  StreamHub,
  StreamLimits,
  PasswordRotationService,
  CsvLimits,
  ImportAccess,
  ImportJobsRepository,
  BulkWriter,
  ImportExecutor,
  ImportQueue,
  ImportsService,
  ImportStreams,
  RevocationStore,
  RevocationsService,
  UserChangeTransaction,
  PhonePins,
  ReceiptsService,
  KicksService,
  NodeSweeper,
  ChangeFeed,
  DiagnosisService,
  DirectoryService,
  WriteMonitor,
  Lookups,
  LookupDoor,
  XmlCurlCredentials,
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
        { provide: APP_GUARD, useClass: PermissionGuard },
        { provide: Settings, useValue: settings },
        { provide: InstallationSecrets, useValue: secrets },
        { provide: DataSource, useValue: dataSource },
        { provide: Transactions, useValue: new Transactions(dataSource) },
        { provide: AvailabilityMonitor, useFactory: watchDatabase, inject: [DataSource] },
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

function watchDatabase(dataSource: DataSource): AvailabilityMonitor {
  const logger = new Logger(AvailabilityMonitor.name);
  const presence = monitorOf(dataSource);
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
