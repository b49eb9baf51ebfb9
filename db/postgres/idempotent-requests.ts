import { and, eq, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { idempotentRequests as requests } from './schema.ts';

/** How long a key and its answer are kept. */
const KEEP_MS = 24 * 3_600_000;
/** Far longer than any call of ours takes: a run without an answer after this died before it could keep one. */
const LEASE_MS = 60_000;

export interface RequestClaim {
  readonly scope: string;
  readonly keyHash: string;
  readonly requestHash: string;
  readonly claimId: string;
}

type KnownRequest = Pick<typeof requests.$inferSelect, 'requestHash' | 'answerWrapped'>;

/**
 * Takes a key for this run: null where that worked. Otherwise what is known of the run that has it. A key is free again
 * after a day, and after a minute where no answer came.
 */
export async function claimRequest(db: Database, claim: RequestClaim): Promise<KnownRequest | null> {
  const { scope, keyHash, ...taken } = { ...claim, claimedAt: sql`now()`, answerWrapped: null };
  const isFree = or(lt(requests.claimedAt, ago(KEEP_MS)), and(isNull(requests.answerWrapped), lt(requests.claimedAt, ago(LEASE_MS))));
  for (;;) {
    const mine = await db
      .insert(requests)
      .values({ scope, keyHash, ...taken })
      .onConflictDoUpdate({ target: [requests.scope, requests.keyHash], set: taken, setWhere: isFree })
      .returning({ claimId: requests.claimId });
    if (mine.length > 0) return null;
    const [known] = await db
      .select({ requestHash: requests.requestHash, answerWrapped: requests.answerWrapped })
      .from(requests)
      .where(and(eq(requests.scope, scope), eq(requests.keyHash, keyHash)));
    // It may have been given back between the two statements.
    if (known !== undefined) return known;
  }
}

export async function keepAnswer(db: Database, claim: RequestClaim, answerWrapped: string): Promise<void> {
  await db.update(requests).set({ answerWrapped }).where(isOf(claim));
}

/** The run came to nothing: the next one with this key starts afresh. */
export async function giveBackRequest(db: Database, claim: RequestClaim): Promise<void> {
  await db.delete(requests).where(isOf(claim));
}

export async function forgetOldRequests(db: Database): Promise<void> {
  await db.delete(requests).where(lt(requests.claimedAt, ago(KEEP_MS)));
}

const ago = (ms: number) => sql`now() - ${ms} * interval '1 millisecond'`;
const isOf = ({ scope, keyHash, claimId }: RequestClaim) => and(eq(requests.scope, scope), eq(requests.keyHash, keyHash), eq(requests.claimId, claimId));
