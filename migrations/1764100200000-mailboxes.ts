import { type MigrationInterface, type QueryRunner, TableColumn } from 'typeorm';
import { addCheck, column, dropCheck, isMysql, setNullable, text } from './table';

const MAILBOX = text('mailbox', 24);
const LIVE_SINCE = column('live_since', 'datetime');
const STEP = text('mailbox_step', 8, { isNullable: true });
const DELETED = column('deleted_messages', 'integer', { default: 0 });
const CHECK = { name: 'CHK_revocations_mailbox_step', expression: "mailbox_step IN ('delete', 'refresh')" };

export class Mailboxes1764100200000 implements MigrationInterface {
  name = 'Mailboxes1764100200000';

  async up(runner: QueryRunner): Promise<void> {
    const unknown = [MAILBOX, LIVE_SINCE].map((each) => new TableColumn({ ...each, isNullable: true }));
    await runner.addColumns('extensions', unknown);
    await runner.query(`UPDATE extensions SET live_since = created_at, mailbox = ${own(runner)}`);
    await keepMailboxes(runner);
    for (const each of [MAILBOX, LIVE_SINCE]) await setNullable(runner, 'extensions', each, false);
    await runner.addColumns('revocations', [
      new TableColumn({ ...MAILBOX, isNullable: true }),
      new TableColumn(STEP),
    ]);
    await addCheck(runner, 'revocations', CHECK);
    await runner.addColumn('revocation_nodes', new TableColumn(DELETED));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('revocation_nodes', DELETED.name);
    await dropCheck(runner, 'revocations', CHECK.name);
    await runner.dropColumns('revocations', [STEP.name, MAILBOX.name]);
    await runner.dropColumns('extensions', [LIVE_SINCE.name, MAILBOX.name]);
  }
}

/** A mailbox's name that no other extension has. */
function own(runner: QueryRunner): string {
  return isMysql(runner) ? "CONCAT(extension_number, '-', id)" : "extension_number || '-' || id";
}

/**
 * Until now a mailbox had the extension's number as its name. It stays with who has the number, unless another had
 * it before: then FreeSWITCH holds the messages of both in it, and cannot tell them apart.
 */
async function keepMailboxes(runner: QueryRunner): Promise<void> {
  const others = `SELECT tenant_id, extension_number FROM extensions WHERE live_number IS NULL`;
  await runner.query(
    `UPDATE extensions SET mailbox = extension_number
     WHERE live_number IS NOT NULL AND (tenant_id, extension_number) NOT IN (SELECT * FROM (${others}) AS others)`,
  );
}
