import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ROLES, tierOf, TIERS } from '../../core/roles';
import { Page } from '../edge/page';
import { isoTime } from '../../core/time';
import { USER_STATUSES } from '../../schema/user.entity';
import { type KnownUser } from '../../accounts/users/users.service';

/** Who is logged in, as a login tells. */
export class LoggedInUserDto {
  @ApiProperty({ type: 'integer' })
  id!: number;

  @ApiProperty({ example: 'lan.tran' })
  username!: string;

  @ApiProperty({ type: 'string', nullable: true, format: 'email' })
  email!: string | null;

  @ApiProperty({
    enum: [...ROLES, 'operator'],
    description: 'operator: an operator of the platform, who belongs to no tenant.',
  })
  role!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  tenant_id!: number | null;
}

export class UserDto extends LoggedInUserDto {
  @ApiProperty({ enum: TIERS, description: 'The tier in effect.' })
  pbx!: string;

  @ApiProperty()
  pbx_api_access!: boolean;

  @ApiProperty({ enum: USER_STATUSES })
  status!: string;

  @ApiProperty({ type: 'string', nullable: true, example: '1001' })
  extension_number!: string | null;

  @ApiProperty({ type: [Number] })
  team_ids!: number[];

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  last_login_at!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class CreatedUserDto extends UserDto {
  @ApiPropertyOptional({ description: 'Only if it was generated; shown in this answer only.' })
  password?: string;

  @ApiProperty({ description: 'False when the client chose the password.' })
  generated_password!: boolean;
}

export class UserPage extends Page {
  @ApiProperty({ type: [UserDto] })
  data!: UserDto[];
}

export class UserAnswer {
  @ApiProperty()
  data!: UserDto;
}

export class CreatedUserAnswer {
  @ApiProperty()
  data!: CreatedUserDto;
}

export function mapUser({ user, teamIds, extensionNumber }: KnownUser): UserDto {
  const { role } = user;
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    role,
    tenant_id: user.tenantId,
    pbx: role === 'operator' ? 'viewer' : tierOf({ role, tier: user.pbx }),
    pbx_api_access: user.pbxApiAccess,
    status: user.status,
    extension_number: extensionNumber,
    team_ids: teamIds,
    last_login_at: user.lastLoginAt && isoTime(user.lastLoginAt),
    created_at: isoTime(user.createdAt),
    updated_at: isoTime(user.updatedAt),
  };
}
