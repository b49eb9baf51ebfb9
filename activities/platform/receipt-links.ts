import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import { chainOfLinks, type LinkRecord } from '#core/verification/chain-of-links';
import type { CheckpointRow, DrawRow, JobRow } from '#db/postgres/database';
import { extendChain, fromHex, startChain, toHex } from '#engine/trainer/commitment';

/**
 * The links that a draw was over, by step, found by their hashes from the committed root. Empty where they do not lead
 * back to the start of the run any more: then the draw can be shown only in part.
 */
export async function linksBehind(job: JobRow, checkpoints: readonly CheckpointRow[], draw: DrawRow): Promise<{ step: number; attempt: number }[]> {
  const { datasetCid, checkpointEverySteps } = job;
  const start = await startChain({
    graph: parseGraph(job.graphJson),
    datasetCid,
    hyperParameters: hyperParametersSchema.parse(job.hyperParameters),
    checkpointEverySteps,
  });
  const records = checkpoints.filter(({ isLink, attempt }) => isLink && attempt <= draw.attempt).map(recordOf);
  const found = await chainOfLinks({
    startHex: toHex(start),
    rootHex: toHex(draw.root),
    attempt: draw.attempt,
    checkpointEverySteps,
    records,
    linkChain: async (previousHex, link) => toHex(await extendChain(fromHex(previousHex), { ...link, stateHash: fromHex(link.stateHash) })),
  });
  return found.ok ? found.links.map(({ step, attempt }) => ({ step, attempt })) : [];
}

function recordOf({ attempt, step, stateHash, chain, epoch, batch, meanLoss, cid }: CheckpointRow): LinkRecord {
  return { attempt, step, stateHash: toHex(stateHash), chain: toHex(chain), epoch, batch, meanLoss, cid };
}
