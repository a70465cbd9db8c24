import { Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Team } from './team.entity';
import { User } from './user.entity';

/** A team that a supervisor has. */
@Entity({ name: 'user_teams' })
@Index('IDX_user_teams_team', ['teamId'])
export class UserTeam {
  @PrimaryColumn({ name: 'user_id', type: 'integer' })
  userId!: number;

  @ManyToOne(() => User)
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'FK_user_teams_user' })
  user?: User;

  @PrimaryColumn({ name: 'team_id', type: 'integer' })
  teamId!: number;

  @ManyToOne(() => Team)
  @JoinColumn({ name: 'team_id', foreignKeyConstraintName: 'FK_user_teams_team' })
  team?: Team;
}
