import { eq } from 'drizzle-orm';
import type { Database, WalletRow } from './database.ts';
import { wallets } from './schema.ts';

/** Gives a user their wallet. A user has one: the first that was stored stays, and is returned. */
export async function insertWallet(
  db: Database,
  wallet: { userId: string; address: string; kind: 'managed' | 'linked'; secretWrapped: string | null },
): Promise<WalletRow> {
  await db.insert(wallets).values(wallet).onConflictDoNothing({ target: wallets.userId });
  const row = await findWallet(db, wallet.userId);
  return row!;
}

export async function findWallet(db: Database, userId: string): Promise<WalletRow | null> {
  const [row] = await db.select().from(wallets).where(eq(wallets.userId, userId));
  return row ?? null;
}

export async function findWalletByAddress(db: Database, address: string): Promise<WalletRow | null> {
  const [row] = await db.select().from(wallets).where(eq(wallets.address, address));
  return row ?? null;
}
