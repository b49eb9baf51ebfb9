import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import type { Database } from './database.ts';
import * as schema from './schema.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Largest number of connections; 16 unless told. */
  readonly maxConnections?: number;
  /** Hears about connections that broke while idle. The pool replaces them by itself. */
  readonly onError: (error: Error) => void;
}

export interface Postgres {
  readonly db: Database;
  readonly pool: pg.Pool;
  readonly url: string;
  /** Throws where the server does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a pool; connects lazily, so a server that starts later is found too. */
export function connectPostgres(options: PostgresOptions): Postgres {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 16,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // Without a listener, an idle connection that breaks would end the process.
  pool.on('error', options.onError);
  return {
    db: drizzle(pool, { schema }),
    pool,
    url: options.url,
    ping: async () => {
      await pool.query('SELECT 1');
    },
    close: () => pool.end(),
  };
}

/** Any number, the same in every process of ours: whoever holds it migrates, the others wait. */
const MIGRATION_LOCK = 0x63_79_78_77;
const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

/** Brings the database to this version's schema. Safe to call from several processes at once. */
export async function migrate(postgres: Pick<Postgres, 'pool'>): Promise<void> {
  const client = await postgres.pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await runMigrations(drizzle(client), { migrationsFolder: MIGRATIONS_FOLDER });
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    client.release();
  }
}
