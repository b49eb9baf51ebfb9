import { eq } from 'drizzle-orm';
import type { Database } from './database.ts';
import { listJobs } from './jobs.ts';
import { listNodes } from './nodes.ts';
import { ledgerEntries } from './schema.ts';
import { findWallet } from './wallets.ts';

/** The one transfer by which a new user gets test tokens. */
export const welcomeCreditKey = (userId: string): string => `${userId}/welcome-credit/0`;

export interface FirstSteps {
  readonly hasWallet: boolean;
  readonly hasWelcomeCredit: boolean;
  readonly hasJobOrNode: boolean;
}

/** How far somebody has come who signed up. */
export async function firstSteps(db: Database, userId: string): Promise<FirstSteps> {
  const [wallet, credit, jobs, nodes] = await Promise.all([
    findWallet(db, userId),
    db.select({ id: ledgerEntries.id }).from(ledgerEntries).where(eq(ledgerEntries.transferKey, welcomeCreditKey(userId))).limit(1),
    listJobs(db, { userId, limit: 1 }),
    listNodes(db, { ownerId: userId }),
  ]);
  return { hasWallet: wallet !== null, hasWelcomeCredit: credit.length > 0, hasJobOrNode: jobs.length > 0 || nodes.length > 0 };
}
