import { and, desc, eq, or } from 'drizzle-orm';
import type { Database, DatasetRow, NewDatasetRow } from './database.ts';
import { datasets } from './schema.ts';

/** Keeps a reference to a stored dataset; the same owner and CID again renames it and keeps the rest. */
export async function upsertDataset(db: Database, row: NewDatasetRow): Promise<DatasetRow> {
  const [stored] = await db
    .insert(datasets)
    .values(row)
    .onConflictDoUpdate({ target: [datasets.ownerId, datasets.cid], set: { name: row.name } })
    .returning();
  return stored!;
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
