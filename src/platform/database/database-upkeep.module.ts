import { Module } from '@nestjs/common';
import { Checkpoints } from './checkpoints';
import { WriteMonitor } from './write-monitor';

/** What only a server does for its database: checkpoints, and checking whether it can be written. */
@Module({ providers: [Checkpoints, WriteMonitor], exports: [WriteMonitor] })
export class DatabaseUpkeepModule {}
