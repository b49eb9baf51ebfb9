import { and, eq } from 'drizzle-orm';
import { findAttempt, recordOffer, type AttemptKey } from '#db/postgres/attempts';
import type { Database } from '#db/postgres/database';
import { lockNode } from '#db/postgres/nodes';
import { nodeOffers } from '#db/postgres/schema';

/** A node words its refusals itself: of so many different ones to one attempt the rest say nothing new. */
const MAX_ANSWERS_OF_NODE = 20;

/**
 * Keeps what a node answered to an offer, once for each reason and only while the attempt is open: a node can ask and
 * refuse as often as it likes, and must not fill the platform's disk with it.
 */
export async function keepAnswer(db: Database, answer: AttemptKey & { nodeId: string; accepted: boolean; reason: string }): Promise<void> {
  await db.transaction(async (tx) => {
    // Locked, so that of two answers in one moment the second sees the first.
    await lockNode(tx, answer.nodeId);
    const attempt = await findAttempt(tx, answer);
    if (attempt === null || attempt.closedAt !== null) return;
    const known = await tx
      .select({ accepted: nodeOffers.accepted, reason: nodeOffers.reason })
      .from(nodeOffers)
      .where(and(eq(nodeOffers.jobId, answer.jobId), eq(nodeOffers.attempt, answer.attempt), eq(nodeOffers.nodeId, answer.nodeId)))
      .limit(MAX_ANSWERS_OF_NODE);
    const isKnown = known.some(({ accepted, reason }) => accepted === answer.accepted && reason === answer.reason);
    if (isKnown || known.length >= MAX_ANSWERS_OF_NODE) return;
    await recordOffer(tx, answer);
  });
}
