import { and, eq, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { platformBeats, platformOutages } from './schema.ts';

/** `edge`: all that providers call is there, as far as Temporal and the storage. `worker`: somebody moves the jobs on. */
export type PlatformPart = 'edge' | 'worker';

/** How often each part says that it is up. */
export const BEAT_MS = 2_000;
/** A part that said nothing for this long was down. */
const DOWN_AFTER_MS = 3 * BEAT_MS;
const downAfter = sql`make_interval(secs => ${DOWN_AFTER_MS / 1000})`;

/** Says that a part is up, and notes the outage that ends with this. `startedAt`: since when it was without a break. */
export async function recordBeat(db: Database, component: PlatformPart, startedAt: Date): Promise<void> {
  const beat = db
    .insert(platformBeats)
    .values({ component, startedAt, lastAt: sql`now()` })
    .onConflictDoUpdate({ target: platformBeats.component, set: { startedAt, lastAt: sql`now()` } })
    .returning({ component: platformBeats.component });
  // One statement: both parts see the last beat as it was before.
  await db.execute(sql`
    WITH beat AS ${beat}
    INSERT INTO ${platformOutages} (component, from_at, to_at)
    SELECT component, last_at, now() FROM ${platformBeats} WHERE component = ${component} AND last_at < now() - ${downAfter}
    ON CONFLICT DO NOTHING`);
}

/** Whether providers can reach the platform now and could without a break for this long. */
export async function edgeWasUp(db: Database, forMs: number): Promise<boolean> {
  const { component, lastAt, startedAt } = platformBeats;
  const rows = await db
    .select({ component })
    .from(platformBeats)
    .where(and(eq(component, 'edge'), sql`${lastAt} > now() - ${downAfter}`, sql`${startedAt} < now() - make_interval(secs => ${forMs / 1000})`));
  return rows.length > 0;
}

/** For how many ms between two moments some part of the platform was down, the outage that still lasts included. */
export async function outageBetween(db: Database, from: Date, to: Date): Promise<number> {
  const { rows } = await db.execute<{ ms: string }>(sql`
    WITH outages AS (
      SELECT from_at, to_at FROM ${platformOutages}
      UNION ALL SELECT last_at, now() FROM ${platformBeats} WHERE last_at < now() - ${downAfter}
    ), merged AS (
      SELECT unnest(range_agg(tstzrange(greatest(from_at, ${from}), least(to_at, ${to})))) AS during
      FROM outages WHERE from_at < ${to} AND to_at > ${from}
    )
    SELECT coalesce(round(sum(extract(epoch FROM upper(during) - lower(during))) * 1000), 0)::text AS ms FROM merged`);
  return Number(rows[0]!.ms);
}
