import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Field, Name } from '../../edge/field';
import { Page } from '../../edge/page';
import { type Patch } from '../../../core/patch';
import { reference } from '../../../core/rules';
import { isoTime } from '../../../core/time';
import { type KnownTeam, type NewTeam } from '../../../pbx/teams/teams.service';

const NAME = { min: 1, max: 100 };
const DEPARTMENT = {
  type: 'integer',
  nullable: true,
  description: 'An id of /api/pbx/departments.',
} as const;
const UNIQUE = 'Unique in the account; the name of its group in FreeSWITCH.';

/** POST /api/pbx/teams */
export class CreateTeamDto {
  @ApiProperty({ example: 'Sales', maxLength: NAME.max, description: UNIQUE })
  @Name('required', NAME)
  name!: string;

  @ApiPropertyOptional(DEPARTMENT)
  @Field('nullable', reference)
  department_id?: number | null;
}

/** PUT /api/pbx/teams/{id}; what is absent stays as it is. */
export class UpdateTeamDto {
  @ApiPropertyOptional({ type: 'string', maxLength: NAME.max, description: UNIQUE })
  @Name('optional', NAME)
  name?: string;

  @ApiPropertyOptional(DEPARTMENT)
  @Field('nullable', reference)
  department_id?: number | null;
}

export class TeamDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty({ example: 'Sales' })
  name!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  department_id!: number | null;

  @ApiProperty({ type: 'integer', description: 'How many extensions it has; deleted ones do not count.' })
  extensions!: number;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class TeamPage extends Page {
  @ApiProperty({ type: [TeamDto] })
  data!: TeamDto[];
}

export class TeamAnswer {
  @ApiProperty()
  data!: TeamDto;
}

export function newTeam({ name, department_id: departmentId = null }: CreateTeamDto): NewTeam {
  return { name, departmentId };
}

export function teamPatch({ name, department_id: departmentId }: UpdateTeamDto): Patch<NewTeam> {
  return { name, departmentId };
}

export function mapTeam({ team, extensions }: KnownTeam): TeamDto {
  return {
    id: team.id,
    name: team.name,
    department_id: team.departmentId,
    extensions,
    created_at: isoTime(team.createdAt),
    updated_at: isoTime(team.updatedAt),
  };
}
