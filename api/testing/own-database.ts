import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { parseConfig } from '#core/config/config';
import type { Env } from '#core/config/values';
import { connectPostgres } from '#db/postgres/connect';

/** The same servers, with a PostgreSQL database of the test's own: nobody else's rows are in it, and it may be broken. */
export async function withOwnDatabase(env: Env): Promise<Env> {
  const url = new URL(parseConfig(env).databaseUrl);
  const name = `test_${randomBytes(4).toString('hex')}`;
  const postgres = connectPostgres({ url: url.href, onError: () => undefined });
  await postgres.db.execute(sql.raw(`CREATE DATABASE ${name}`));
  await postgres.close();
  url.pathname = name;
  return { ...env, DATABASE_URL: url.href };
}
