import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { AuthApiModule } from './api/auth/auth-api.module';
import { EdgeModule } from './api/edge/edge.module';
import { OpsApiModule } from './api/ops/ops-api.module';
import { PbxApiModule } from './api/pbx/pbx-api.module';
import { PlatformApiModule } from './api/platform/platform-api.module';
import { SwitchApiModule } from './api/switch/switch-api.module';
import { SweepsModule } from './nodes/revocations/sweeps.module';
import { DatabaseUpkeepModule } from './platform/database/database-upkeep.module';
import { type Installation } from './platform/installation';
import { PlatformModule } from './platform/platform.module';

/** The server: what it stands on, its interfaces, and what it does on its own. */
@Module({})
export class AppModule {
  /** @param more modules beside these */
  static of(installation: Installation, more: readonly Type[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.of(installation),
        EdgeModule,
        AuthApiModule,
        PlatformApiModule,
        PbxApiModule,
        SwitchApiModule,
        OpsApiModule,
        SweepsModule,
        DatabaseUpkeepModule,
        ...more,
      ],
    };
  }
}
