import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { RevocationsModule } from '../../nodes/revocations/revocations.module';
import { TeamsService } from './teams.service';

@Module({ imports: [EventsModule, RevocationsModule], providers: [TeamsService], exports: [TeamsService] })
export class TeamsModule {}
