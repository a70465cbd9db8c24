import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { DepartmentsService } from './departments.service';

@Module({ imports: [EventsModule], providers: [DepartmentsService], exports: [DepartmentsService] })
export class DepartmentsModule {}
