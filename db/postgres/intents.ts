import { and, eq, like, sql } from 'drizzle-orm';
import { CyxError } from '#core/errors/cyx-error';
import type { Database } from './database.ts';
import { chainIntents } from './schema.ts';

export type ChainIntentRow = typeof chainIntents.$inferSelect;

/** Signature of an intent that forbids its own step: nothing is ever sent under its key. */
const FORBIDDEN = 'forbidden';

export async function findIntent(db: Database, key: string): Promise<ChainIntentRow | null> {
  const [row] = await db.select().from(chainIntents).where(eq(chainIntents.key, key));
  return row ?? null;
}

/** Intents whose key begins like this. @param prefix ends with a slash */
export async function findIntents(db: Database, prefix: string): Promise<ChainIntentRow[]> {
  return db.select().from(chainIntents).where(like(chainIntents.key, `${prefix}%`));
}

/** Stores an intent. The first one under a key stays and is returned: two workers send the same bytes. */
export async function putIntent(
  db: Database,
  intent: Pick<ChainIntentRow, 'key' | 'signature' | 'wire' | 'lastValidBlockHeight'>,
): Promise<ChainIntentRow> {
  await db.insert(chainIntents).values(intent).onConflictDoNothing();
  const row = await findIntent(db, intent.key);
  if (row === null) throw new CyxError('CONFLICT', `The intent ${intent.key} was taken back at the same moment`);
  return row;
}

/**
 * Makes sure that a step which was not sent never will be, also not by a worker that is still busy with it.
 * False where it was sent (or stored to be) already.
 */
export async function forbidIntent(db: Database, key: string): Promise<boolean> {
  const row = await putIntent(db, { key, signature: FORBIDDEN, wire: new Uint8Array(), lastValidBlockHeight: 0 });
  return isForbidden(row);
}

export function isForbidden(intent: Pick<ChainIntentRow, 'signature'>): boolean {
  return intent.signature === FORBIDDEN;
}

export async function markLanded(db: Database, intent: Pick<ChainIntentRow, 'key' | 'signature'>): Promise<void> {
  await db
    .update(chainIntents)
    .set({ landed: true })
    .where(and(eq(chainIntents.key, intent.key), eq(chainIntents.signature, intent.signature)));
}

/** Forgets an intent that can not land any more, but only this very one, and never one that landed. */
export async function deleteIntent(db: Database, intent: Pick<ChainIntentRow, 'key' | 'signature'>): Promise<void> {
  await db
    .delete(chainIntents)
    .where(and(eq(chainIntents.key, intent.key), eq(chainIntents.signature, intent.signature), sql`NOT ${chainIntents.landed}`));
}
