import { and, eq } from 'drizzle-orm';
import { CyxError } from '#core/errors/cyx-error';
import type { Database } from './database.ts';
import { chainIntents } from './schema.ts';

export type ChainIntentRow = typeof chainIntents.$inferSelect;

export async function findIntent(db: Database, key: string): Promise<ChainIntentRow | null> {
  const [row] = await db.select().from(chainIntents).where(eq(chainIntents.key, key));
  return row ?? null;
}

/** Stores an intent. The first one under a key stays and is returned: two workers send the same bytes. */
export async function putIntent(db: Database, intent: Omit<ChainIntentRow, 'createdAt'>): Promise<ChainIntentRow> {
  await db.insert(chainIntents).values(intent).onConflictDoNothing();
  const row = await findIntent(db, intent.key);
  if (row === null) throw new CyxError('CONFLICT', `The intent ${intent.key} was taken back at the same moment`);
  return row;
}

/** Forgets an intent that can not land any more, but only this very one. */
export async function deleteIntent(db: Database, intent: Pick<ChainIntentRow, 'key' | 'signature'>): Promise<void> {
  await db.delete(chainIntents).where(and(eq(chainIntents.key, intent.key), eq(chainIntents.signature, intent.signature)));
}
