import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { ImportJob } from './import-job.entity';

/** The most bytes of a part: MySQL's TEXT holds 65,535. */
export const PART_BYTES = 60_000;

export type PartKind = 'errors' | 'passwords';

/** A piece of what an import leaves behind; the pieces of a kind follow one another by id. */
@Entity({ name: 'import_parts' })
@Index('IDX_import_parts_job', ['jobId', 'kind'])
export class ImportPart {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'job_id', type: 'integer' })
  jobId!: number;

  @ManyToOne(() => ImportJob)
  @JoinColumn({ name: 'job_id', foreignKeyConstraintName: 'FK_import_parts_job' })
  job?: ImportJob;

  @Column({ type: 'varchar', length: 16 })
  kind!: PartKind;

  /** `errors`: a JSON list; `passwords`: lines of CSV, sealed (see sealed-box.ts). */
  @Column({ type: 'text' })
  content!: string;
}
