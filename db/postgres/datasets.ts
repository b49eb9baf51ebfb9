import { and, desc, eq, or, sql, sum } from 'drizzle-orm';
import type { Database, DatasetRow, NewDatasetRow } from './database.ts';
import { keyset, type Position } from './keyset.ts';
import { datasets } from './schema.ts';

/**
 * Keeps a reference to a stored dataset; the same owner and CID again renames it and keeps the rest. Null where it would
 * bring what the owner stores above `maxStoredBytes`.
 */
export async function upsertDataset(db: Database, row: NewDatasetRow, maxStoredBytes = Infinity): Promise<DatasetRow | null> {
  return db.transaction(async (tx) => {
    // One registration of an owner at a time, so that the sum holds until the row is there.
    await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`datasets of ${row.ownerId}`}, 0))`);
    const isKnown = (await findDataset(tx, row)) !== null;
    if (!isKnown && (await storedBytesOf(tx, row.ownerId)) + (row.storedBytes ?? 0) > maxStoredBytes) return null;
    const [stored] = await tx
      .insert(datasets)
      .values(row)
      .onConflictDoUpdate({ target: [datasets.ownerId, datasets.cid], set: { name: row.name } })
      .returning();
    return stored!;
  });
}

export async function storedBytesOf(db: Database, ownerId: string): Promise<number> {
  const [row] = await db.select({ total: sum(datasets.storedBytes).mapWith(Number) }).from(datasets).where(eq(datasets.ownerId, ownerId));
  return row?.total ?? 0;
}

export async function findDataset(db: Database, key: { ownerId: string; cid: string }): Promise<DatasetRow | null> {
  const [row] = await db.select().from(datasets).where(and(eq(datasets.ownerId, key.ownerId), eq(datasets.cid, key.cid)));
  return row ?? null;
}

/** The dataset that this CID is the training or the held-out part of. */
export async function findDatasetPart(db: Database, key: { ownerId: string; cid: string }): Promise<DatasetRow | null> {
  const isPart = or(eq(datasets.cid, key.cid), eq(datasets.heldOutCid, key.cid));
  const [row] = await db.select().from(datasets).where(and(eq(datasets.ownerId, key.ownerId), isPart)).limit(1);
  return row ?? null;
}

export async function listDatasets(db: Database, ownerId: string): Promise<DatasetRow[]> {
  return db.select().from(datasets).where(eq(datasets.ownerId, ownerId)).orderBy(desc(datasets.createdAt));
}

export async function pageOfDatasets(db: Database, query: { ownerId: string; after: Position | undefined; limit: number }): Promise<DatasetRow[]> {
  const { order, after } = keyset(datasets.createdAt, datasets.cid, 'newest');
  return db
    .select()
    .from(datasets)
    .where(and(eq(datasets.ownerId, query.ownerId), after(query.after)))
    .orderBy(...order)
    .limit(query.limit);
}
