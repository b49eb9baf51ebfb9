import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type * as schema from './schema.ts';

/** A connection pool or an open transaction: every repository function takes either. */
export type Database = NodePgDatabase<typeof schema>;

export type JobRow = typeof schema.jobs.$inferSelect;
export type NewJobRow = typeof schema.jobs.$inferInsert;
export type JobEventRow = typeof schema.jobEvents.$inferSelect;
export type JobAttemptRow = typeof schema.jobAttempts.$inferSelect;
export type NodeRow = typeof schema.nodes.$inferSelect;
export type NodeChallengeRow = typeof schema.nodeChallenges.$inferSelect;
export type NewNodeChallengeRow = typeof schema.nodeChallenges.$inferInsert;
export type NewNodeRow = typeof schema.nodes.$inferInsert;
export type QuoteRow = typeof schema.quotes.$inferSelect;
export type NewQuoteRow = typeof schema.quotes.$inferInsert;
export type DatasetRow = typeof schema.datasets.$inferSelect;
export type NewDatasetRow = typeof schema.datasets.$inferInsert;
export type WalletRow = typeof schema.wallets.$inferSelect;
export type LedgerRow = typeof schema.ledgerEntries.$inferSelect;
export type CheckpointRow = typeof schema.jobCheckpoints.$inferSelect;
export type DrawRow = typeof schema.verificationDraws.$inferSelect;
export type VerdictRow = typeof schema.verdicts.$inferSelect;
export type ReceiptRow = typeof schema.receipts.$inferSelect;
