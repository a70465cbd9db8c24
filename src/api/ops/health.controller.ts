import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { withDeadline } from '../../core/deadline';
import { WriteMonitor } from '../../platform/database/write-monitor';
import { NodePool } from '../../freeswitch/node-pool';

const DATABASE_DEADLINE_MS = 1_000;

export class LiveAnswer {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';
}

export class NodeHealth {
  @ApiProperty({ example: 'fs1' })
  name!: string;

  @ApiProperty({ enum: ['stopped', 'connecting', 'authenticating', 'ready', 'waiting'] })
  status!: string;

  @ApiProperty({ format: 'date-time' })
  since!: string;
}

const DATABASE_STATES = ['ok', 'read_only', 'unavailable'] as const;
type DatabaseState = (typeof DATABASE_STATES)[number];

export class ReadyAnswer {
  @ApiProperty({ enum: DATABASE_STATES })
  status!: DatabaseState;

  @ApiProperty({
    enum: DATABASE_STATES,
    description:
      'read_only: lookups and reads are answered, but changes are not accepted (disk full, read-only server, locked file).',
  })
  database!: DatabaseState;

  @ApiProperty({ type: [NodeHealth], description: 'A node that is away does not make Dialplane unready.' })
  nodes!: NodeHealth[];
}

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly pool: NodePool,
    private readonly writes: WriteMonitor,
  ) {}

  @Get('live')
  @HttpCode(200)
  @ApiOperation({ operationId: 'getLiveness', summary: 'Check that the process runs' })
  @ApiOkResponse({ type: LiveAnswer })
  live(): LiveAnswer {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'getReadiness', summary: 'Check that lookups can be answered' })
  @ApiOkResponse({ type: ReadyAnswer })
  @ApiResponse({ status: 503, type: ReadyAnswer, description: 'The database does not answer.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyAnswer> {
    const database = await this.databaseState();
    void reply.status(database === 'unavailable' ? 503 : 200);
    const nodes = this.pool.nodes.map((node) => {
      const { name, status, since } = node.snapshot();
      return { name, status, since: since.toISOString() };
    });
    return { status: database, database, nodes };
  }

  private databaseState(): Promise<DatabaseState> {
    const asked = this.dataSource.query('SELECT 1 FROM migrations LIMIT 1').then(
      () => (this.writes.accepted ? 'ok' : 'read_only'),
      () => 'unavailable' as const,
    );
    return withDeadline<DatabaseState>(asked, DATABASE_DEADLINE_MS, () => 'unavailable');
  }
}
