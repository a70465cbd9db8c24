import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field } from '../../edge/field';
import { Page } from '../../edge/page';
import { booleanText, oneOf } from '../../../core/rules';
import { isoTime } from '../../../core/time';
import {
  IMPORT_ACTIONS,
  IMPORT_MODES,
  IMPORT_STATUSES,
  type ImportAction,
  type ImportJob,
  type ImportMode,
} from '../../../schema/import-job.entity';
import { type ImportDetail, type KnownImport } from '../../../pbx/imports/imports.service';

/** `?action=create&mode=all_or_nothing&dry_run=false` */
export class ImportQuery {
  @ApiPropertyOptional({
    enum: IMPORT_ACTIONS,
    default: 'create',
    description: '`upsert` updates existing extensions and creates the others.',
  })
  @Field('optional', oneOf(IMPORT_ACTIONS))
  action?: ImportAction;

  @ApiPropertyOptional({
    enum: IMPORT_MODES,
    default: 'all_or_nothing',
    description: 'With `per_row` rows with errors are skipped, and the others are written.',
  })
  @Field('optional', oneOf(IMPORT_MODES))
  mode?: ImportMode;

  @ApiPropertyOptional({
    type: 'boolean',
    default: false,
    description: 'Validates every row and changes nothing.',
  })
  @Field('optional', booleanText)
  dry_run?: 'true' | 'false';
}

export class RowErrorsDto {
  @ApiProperty({
    type: 'integer',
    description: 'The line of the file, whose header is line 1; for JSON the position in the list, from 1.',
  })
  line!: number;

  @ApiProperty({ type: 'string', nullable: true, example: '1001' })
  extension_number!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    example: { display_name: ['The display name may not be greater than 100 characters.'] },
  })
  errors!: Record<string, string[]>;
}

/** An import, as the list and the events tell of it. */
export class ImportDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty({ enum: IMPORT_STATUSES })
  status!: string;

  @ApiProperty({ enum: IMPORT_ACTIONS })
  action!: string;

  @ApiProperty({ enum: IMPORT_MODES })
  mode!: string;

  @ApiProperty()
  dry_run!: boolean;

  @ApiProperty({ type: 'integer', description: 'Number of extensions; each of a range counts.' })
  total!: number;

  @ApiProperty({ type: 'integer' })
  processed!: number;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 100 })
  percent!: number;

  @ApiProperty({
    type: 'integer',
    description: 'In a dry run: how many would be created. The same holds for the next two.',
  })
  created!: number;

  @ApiProperty({ type: 'integer' })
  updated!: number;

  @ApiProperty({ type: 'integer', description: 'Extensions that already are as their rows say.' })
  unchanged!: number;

  @ApiProperty({ type: 'integer', description: 'Extensions whose rows have errors.' })
  failed!: number;

  @ApiProperty({ description: 'Whether `…/passwords` has generated passwords that were not fetched yet.' })
  passwords_available!: boolean;

  @ApiProperty({ type: 'string', nullable: true, description: 'Why it failed.' })
  message!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: 'string', nullable: true, format: 'date-time' })
  finished_at!: string | null;
}

export class ImportDetailDto extends ImportDto {
  @ApiProperty({ type: [RowErrorsDto], description: 'In the order of lines.' })
  errors!: RowErrorsDto[];
}

export class ImportAnswer {
  @ApiProperty()
  data!: ImportDetailDto;
}

export class ImportPage extends Page {
  @ApiProperty({ type: [ImportDto] })
  data!: ImportDto[];
}

export function mapImport({ job, hasPasswords }: KnownImport): ImportDto {
  return {
    id: job.id,
    status: job.status,
    action: job.action,
    mode: job.mode,
    dry_run: job.dryRun,
    total: job.total,
    processed: job.processed,
    percent: job.percent,
    created: job.created,
    updated: job.updated,
    unchanged: job.unchanged,
    failed: job.failed,
    passwords_available: hasPasswords,
    message: job.message,
    created_at: isoTime(job.createdAt),
    finished_at: job.finishedAt && isoTime(job.finishedAt),
  };
}

export function mapImportDetail({ errors, ...known }: ImportDetail): ImportDetailDto {
  return {
    ...mapImport(known),
    errors: errors.map(({ line, number, errors: sentences }) => ({
      line,
      extension_number: number,
      errors: sentences,
    })),
  };
}

export function importRequestOf({ action, mode, dry_run }: ImportQuery): ImportRequest {
  return { action: action ?? 'create', mode: mode ?? 'all_or_nothing', dryRun: dry_run === 'true' };
}

type ImportRequest = Pick<ImportJob, 'action' | 'mode' | 'dryRun'>;
