import { parseInput } from '#core/errors/from-zod';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import { chainOfLinks, type ChainOfLinks, type LinkRecord } from '#core/verification/chain-of-links';
import { checkpointsOfJob } from '#db/postgres/checkpoints';
import type { CheckpointRow, Database, JobRow } from '#db/postgres/database';
import { linkChain, runIdentityHex, type RunIdentity } from '#engine/trainer/commitment';

/** What every checkpoint and every link of a job is bound to. */
export function identityOf(job: JobRow): RunIdentity {
  return {
    graph: parseGraph(JSON.parse(job.graphJson)),
    datasetCid: job.datasetCid,
    hyperParameters: parseInput(hyperParametersSchema, job.hyperParameters, 'INTERNAL'),
    checkpointEverySteps: job.checkpointEverySteps,
  };
}

/** The links behind a committed root, among all that were reported for the job up to this attempt. */
export async function chainOfResult(db: Database, job: JobRow, result: CommittedResult): Promise<ChainOfLinks & { startHex: string }> {
  return chainAmong(await checkpointsOfJob(db, job.id), job, result);
}

interface CommittedResult {
  readonly attempt: number;
  readonly root: Uint8Array;
}

/** The same among rows that are at hand. */
export async function chainAmong(rows: readonly CheckpointRow[], job: JobRow, { attempt, root }: CommittedResult): Promise<ChainOfLinks & { startHex: string }> {
  const startHex = await runIdentityHex(identityOf(job));
  const records = rows.filter((row) => row.isLink && row.attempt <= attempt).map(recordOf);
  const { checkpointEverySteps } = job;
  return { ...(await chainOfLinks({ startHex, rootHex: hex(root), attempt, checkpointEverySteps, records, linkChain })), startHex };
}

export function recordOf({ stateHash, chain, ...row }: CheckpointRow): LinkRecord {
  const { attempt, step, epoch, batch, meanLoss, cid } = row;
  return { attempt, step, epoch, batch, meanLoss, cid, stateHash: hex(stateHash), chain: hex(chain) };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
