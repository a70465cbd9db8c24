import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { isMysql } from './table';

interface Row {
  id: number;
  tenantId: number;
  number: string;
  countryCode: string;
}

/**
 * 0084…, 840… and 084… are one number. What was let in beside another way to write the same number stays, and what
 * extensions present with it: it is known by its digits as written, which are no other number's canonical form.
 */
export class OneCallerIdANumber1764100310000 implements MigrationInterface {
  name = 'OneCallerIdANumber1764100310000';

  async up(runner: QueryRunner): Promise<void> {
    const taken = 'SELECT id FROM caller_ids WHERE tenant_id = ? AND canonical_number = ?';
    for (const row of await doublyWritten(runner)) {
      const canonical = canonicalNumber(row);
      const others = (await runner.query(taken, [row.tenantId, canonical])) as unknown[];
      await setCanonical(runner, row.id, others.length === 0 ? canonical : digitsOf(row));
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const row of await doublyWritten(runner)) {
      const digits = digitsOf(row);
      await setCanonical(runner, row.id, digits.startsWith('0') ? row.countryCode + digits.slice(1) : digits);
    }
  }
}

/** Those that begin with 00 or with their country's code and 0, the oldest first. */
async function doublyWritten(runner: QueryRunner): Promise<Row[]> {
  const own = isMysql(runner) ? "CONCAT(t.country_code, '0%')" : "t.country_code || '0%'";
  return (await runner.query(
    `SELECT c.id AS id, c.tenant_id AS tenantId, c.number AS number, t.country_code AS countryCode
     FROM caller_ids c JOIN tenants t ON t.id = c.tenant_id
     WHERE c.number LIKE '00%' OR REPLACE(c.number, '+', '') LIKE ${own} ORDER BY c.id`,
  )) as Row[];
}

async function setCanonical(runner: QueryRunner, id: number, canonical: string): Promise<void> {
  await runner.query('UPDATE caller_ids SET canonical_number = ? WHERE id = ?', [canonical, id]);
}

const digitsOf = ({ number }: Row): string => number.replace(/^\+/, '');

function canonicalNumber({ number, countryCode }: Row): string {
  const digits = number.replace(/^(?:\+|00(?=[1-9]))/, '');
  if (/^1[89]00[0-9]{0,6}$/.test(digits)) return digits;
  const ours = [`${countryCode}0`, '0'].find((beginning) => digits.startsWith(beginning));
  return ours === undefined ? digits : countryCode + digits.slice(ours.length);
}
