import { ApiProperty } from '@nestjs/swagger';
import { Field } from '../edge/field';
import { text } from '../../core/rules';
import { LOGIN_PASSWORD } from '../../accounts/users/passwords';
import { LoggedInUserDto, UserDto } from './user-answer.dto';
import { TokenDto } from './token.dto';

const TYPED = { max: 200 };

/** POST /api/auth/login */
export class LoginDto {
  @ApiProperty({ example: 'lan.tran', maxLength: TYPED.max })
  @Field('required', text(TYPED))
  username!: string;

  @ApiProperty({ example: 'correct horse battery', maxLength: TYPED.max })
  @Field('required', text(TYPED))
  password!: string;
}

/** POST /api/auth/change-password */
export class ChangeOwnPasswordDto {
  @ApiProperty({ maxLength: TYPED.max, example: 'correct horse battery' })
  @Field('required', text(TYPED))
  current_password!: string;

  @ApiProperty({
    minLength: LOGIN_PASSWORD.min,
    maxLength: LOGIN_PASSWORD.max,
    example: 'staple battery horse',
  })
  @Field('required', text(LOGIN_PASSWORD))
  new_password!: string;
}

class LoginDataDto {
  @ApiProperty()
  user!: LoggedInUserDto;
}

export class LoginAnswer {
  @ApiProperty()
  data!: LoginDataDto;

  @ApiProperty({ example: '12|w3J8cQ0…', description: 'Shown in this answer only; does not expire.' })
  token!: string;
}

export class MeDto {
  @ApiProperty({ type: UserDto, nullable: true, description: 'Null for an account-level token.' })
  user!: UserDto | null;

  @ApiProperty()
  token!: TokenDto;

  @ApiProperty({
    type: [String],
    example: ['pbx_api_access', 'extensions.read', 'extensions.operate'],
    description: 'The permissions that this token has now.',
  })
  permissions!: string[];
}

export class MeAnswer {
  @ApiProperty()
  data!: MeDto;
}

class LoggedOutDto {
  @ApiProperty({ enum: [true] })
  logged_out!: true;
}

export class LoggedOutAnswer {
  @ApiProperty()
  data!: LoggedOutDto;
}

class ChangedDto {
  @ApiProperty({ enum: [true] })
  changed!: true;
}

export class ChangedAnswer {
  @ApiProperty()
  data!: ChangedDto;
}
