import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Name } from '../../edge/field';
import { Page } from '../../edge/page';
import { isoTime } from '../../../core/time';
import { type KnownDepartment } from '../../../pbx/departments/departments.service';

const NAME = { min: 1, max: 100 };
const UNIQUE = 'Unique in the account.';

/** POST /api/pbx/departments */
export class CreateDepartmentDto {
  @ApiProperty({ example: 'Revenue', maxLength: NAME.max, description: UNIQUE })
  @Name('required', NAME)
  name!: string;
}

/** PUT /api/pbx/departments/{id}; what is absent stays as it is. */
export class UpdateDepartmentDto {
  @ApiPropertyOptional({ type: 'string', maxLength: NAME.max, description: UNIQUE })
  @Name('optional', NAME)
  name?: string;
}

export class DepartmentDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty({ example: 'Revenue' })
  name!: string;

  @ApiProperty({ type: 'integer', description: 'How many teams it has.' })
  teams!: number;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class DepartmentPage extends Page {
  @ApiProperty({ type: [DepartmentDto] })
  data!: DepartmentDto[];
}

export class DepartmentAnswer {
  @ApiProperty()
  data!: DepartmentDto;
}

export function mapDepartment({ department, teams }: KnownDepartment): DepartmentDto {
  return {
    id: department.id,
    name: department.name,
    teams,
    created_at: isoTime(department.createdAt),
    updated_at: isoTime(department.updatedAt),
  };
}
