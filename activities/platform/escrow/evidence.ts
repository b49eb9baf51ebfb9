import { EVIDENCE_LINE, evidenceText } from '#core/verification/evidence';
import type { Database } from '#db/postgres/database';
import { findDraw } from '#db/postgres/draws';
import { appendJobEvent } from '#db/postgres/events';
import { verdictsOf } from '#db/postgres/verdicts';
import type { EscrowActivities } from '../contract.ts';

type Failure = Parameters<EscrowActivities['failAttempt']>[0];

/** What the slash is for, from what is on record: the same text whenever it is asked for. */
export async function evidenceOf(db: Database, { jobId, attempt, outcome, reason }: Failure): Promise<string> {
  const [draw, opinions] = await Promise.all([findDraw(db, { jobId, attempt }), verdictsOf(db, { jobId, attempt })]);
  const findings = opinions.filter(({ valid }) => !valid).map((opinion) => ({ verifierId: opinion.verifierId, reason: opinion.reason }));
  const seedHex = draw === null ? null : Buffer.from(draw.seed).toString('hex');
  return evidenceText({ jobId, attempt, outcome, reason, seedHex, findings });
}

/** Its hash is on chain: with the text anybody can see that it is this one. */
export async function publishEvidence(db: Database, { jobId, attempt, outcome }: Failure, evidence: string): Promise<void> {
  if (outcome === 'released') return;
  await appendJobEvent(db, { jobId, kind: 'log', payload: { line: EVIDENCE_LINE + evidence }, dedupeKey: `evidence:${attempt}` });
}
