import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { column, createTable, id, reference, text } from './table';

const COUNTS = ['total', 'processed', 'percent', 'created', 'updated', 'unchanged', 'failed'];

export class ImportJobs1764000300000 implements MigrationInterface {
  name = 'ImportJobs1764000300000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'import_jobs',
      columns: [
        id,
        column('tenant_id', 'integer'),
        column('user_id', 'integer', { isNullable: true }),
        column('token_id', 'integer'),
        text('scope', 64),
        text('action', 16),
        text('mode', 16),
        column('dry_run', 'boolean'),
        text('status', 16),
        ...COUNTS.map((name) => column(name, 'integer', { default: '0' })),
        text('message', 255, { isNullable: true }),
        column('heartbeat_at', 'datetime'),
        column('created_at', 'datetime'),
        column('finished_at', 'datetime', { isNullable: true }),
      ],
      indices: [
        { name: 'IDX_import_jobs_tenant', columnNames: ['tenant_id', 'status'] },
        { name: 'IDX_import_jobs_created_at', columnNames: ['created_at'] },
      ],
      foreignKeys: [reference('FK_import_jobs_tenant', 'tenant_id', 'tenants')],
      checks: [
        { name: 'CHK_import_jobs_action', expression: "action IN ('create', 'update', 'upsert')" },
        { name: 'CHK_import_jobs_mode', expression: "mode IN ('all_or_nothing', 'per_row')" },
        {
          name: 'CHK_import_jobs_status',
          expression: "status IN ('queued', 'running', 'done', 'failed')",
        },
      ],
    });
    await createTable(runner, {
      name: 'import_parts',
      columns: [id, column('job_id', 'integer'), text('kind', 16), column('content', 'text')],
      indices: [{ name: 'IDX_import_parts_job', columnNames: ['job_id', 'kind'] }],
      foreignKeys: [reference('FK_import_parts_job', 'job_id', 'import_jobs')],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('import_parts');
    await runner.dropTable('import_jobs');
  }
}
