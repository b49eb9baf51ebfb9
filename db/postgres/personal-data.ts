import { and, asc, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { datasets, idempotentRequests, jobAttempts, jobs, ledgerEntries, nodes, quotes, receipts, wallets } from './schema.ts';

/**
 * Destroys the keys of all that a user stored: what lies in CyxCloud, and in any copy of it, is noise from then on. Jobs,
 * transfers and receipts stay for the books, under an id that is nobody's any more.
 */
export async function shredUserKeys(db: Database, userId: string): Promise<void> {
  await db.transaction(async (tx) => {
    const own = tx.select({ id: jobs.id }).from(jobs).where(eq(jobs.userId, userId));
    await tx.delete(datasets).where(eq(datasets.ownerId, userId));
    await tx.delete(quotes).where(eq(quotes.userId, userId));
    await tx.delete(idempotentRequests).where(sql`starts_with(${idempotentRequests.scope}, ${`user:${userId}:`})`);
    await tx.update(jobAttempts).set({ drawSecretWrapped: null }).where(inArray(jobAttempts.jobId, own));
    await tx.update(jobs).set({ modelKeyWrapped: '' }).where(eq(jobs.userId, userId));
    await tx.update(wallets).set({ secretWrapped: null }).where(eq(wallets.userId, userId));
    await tx.update(nodes).set({ hardware: {} }).where(eq(nodes.ownerId, userId));
  });
}

/** All rows about a user, without what is secret. */
export async function rowsAboutUser(db: Database, userId: string) {
  const { keyWrapped, heldOutKeyWrapped, ...datasetColumns } = getTableColumns(datasets);
  const { modelKeyWrapped, ...jobColumns } = getTableColumns(jobs);
  const { secretWrapped, ...walletColumns } = getTableColumns(wallets);
  const [wallet] = await db.select(walletColumns).from(wallets).where(eq(wallets.userId, userId));
  // Each transfer has two rows; theirs is the one of their wallet.
  const account = `wallet:${wallet?.address ?? ''}`;
  return {
    wallet: wallet ?? null,
    datasets: await db.select(datasetColumns).from(datasets).where(eq(datasets.ownerId, userId)).orderBy(asc(datasets.createdAt)),
    jobs: await db.select(jobColumns).from(jobs).where(eq(jobs.userId, userId)).orderBy(asc(jobs.createdAt)),
    quotes: await db.select().from(quotes).where(eq(quotes.userId, userId)).orderBy(asc(quotes.createdAt)),
    nodes: await db.select().from(nodes).where(eq(nodes.ownerId, userId)).orderBy(asc(nodes.createdAt)),
    transfers: await db.select().from(ledgerEntries).where(eq(ledgerEntries.account, account)).orderBy(asc(ledgerEntries.id)),
    receipts: await db.select().from(receipts).where(eq(receipts.userId, userId)).orderBy(asc(receipts.at)),
  };
}

/** How much of what a user stored would be lost with their keys. */
export async function storedThings(db: Database, userId: string): Promise<{ datasets: number; models: number }> {
  const [storedDatasets, models] = await Promise.all([
    db.$count(datasets, eq(datasets.ownerId, userId)),
    db.$count(jobs, and(eq(jobs.userId, userId), eq(jobs.state, 'COMPLETED'))),
  ]);
  return { datasets: storedDatasets, models };
}
