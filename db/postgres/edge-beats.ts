import { and, eq, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { edgeBeats } from './schema.ts';

/** Providers reach the platform through one kind of process today: API and gateway together. */
const EDGE = 'api';

/** How often an edge says that it is up. */
export const EDGE_BEAT_MS = 2_000;

export async function beatEdge(db: Database, startedAt: Date): Promise<void> {
  await db
    .insert(edgeBeats)
    .values({ component: EDGE, startedAt, lastAt: sql`now()` })
    .onConflictDoUpdate({ target: edgeBeats.component, set: { startedAt, lastAt: sql`now()` } });
}

/** Whether an edge is up now and has been without a break for this long. */
export async function edgeWasUp(db: Database, forMs: number): Promise<boolean> {
  const rows = await db
    .select({ component: edgeBeats.component })
    .from(edgeBeats)
    .where(
      and(
        eq(edgeBeats.component, EDGE),
        sql`${edgeBeats.lastAt} > now() - make_interval(secs => ${(3 * EDGE_BEAT_MS) / 1000})`,
        sql`${edgeBeats.startedAt} < now() - make_interval(secs => ${forMs / 1000})`,
      ),
    );
  return rows.length > 0;
}
