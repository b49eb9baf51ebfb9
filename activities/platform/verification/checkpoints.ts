import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import { stateBytesOf } from '#core/verification/checkpoint-plan';
import { countParameters } from '#core/graph/shapes';
import type { LinkRecord } from '#core/verification/chain-of-links';
import type { JobRow } from '#db/postgres/database';
import { checkpointFacts, type CheckpointFacts } from '#engine/formats/checkpoint-facts';
import type { VerifierDeps } from './deps.ts';
import { fetchOfNode, modelKeyOf } from './fetch.ts';
import { identityOf } from './result-chain.ts';
import { WrongResult } from './wrong-result.ts';

/** Names, shapes and the run's state beside the values. */
const FILE_EXTRA_BYTES = 4 * 1024 * 1024;

export interface OpenedCheckpoint {
  readonly file: string;
  readonly facts: CheckpointFacts;
}

/** Fetches checkpoints of a run and holds them against what was reported of them. */
export interface CheckpointReader {
  /** @throws WrongResult where the object is not the reported state of this run; its maker is blamed. */
  open(record: LinkRecord): Promise<OpenedCheckpoint>;
}

export function createCheckpointReader(deps: VerifierDeps, job: JobRow, { startHex, folder }: { startHex: string; folder: string }): CheckpointReader {
  const opened = new Map<string, Promise<OpenedCheckpoint>>();
  const open = async (record: LinkRecord): Promise<OpenedCheckpoint> => {
    const wrong = (what: string): WrongResult => new WrongResult(record.attempt, `The checkpoint at step ${record.step} of attempt ${record.attempt} ${what}`);
    const key = await modelKeyOf(deps, job);
    const bytes = await fetchOfNode(deps, { cid: record.cid, key, largestBytes: largestStateBytes(job) });
    if (bytes === null) throw wrong('can not be decrypted with the job’s key, or is far larger than its graph');
    const facts = await factsOf(bytes, wrong);
    if (facts.runHex !== startHex) throw wrong('is of another run');
    if (facts.step !== record.step) throw wrong(`says that it is of step ${facts.step}`);
    if (facts.stateHash !== record.stateHash) throw wrong(`holds the state ${facts.stateHash}, but ${record.stateHash} was reported`);
    if (facts.chain !== record.chain) throw wrong(`has the commitment ${facts.chain}, but ${record.chain} was reported`);
    const file = join(folder, `checkpoint-${record.attempt}-${record.step}.safetensors`);
    await writeFile(file, bytes);
    return { file, facts };
  };
  return {
    open: (record) => {
      const key = `${record.attempt}/${record.step}`;
      const found = opened.get(key) ?? open(record);
      opened.set(key, found);
      return found;
    },
  };
}

async function factsOf(bytes: Uint8Array, wrong: (what: string) => WrongResult): Promise<CheckpointFacts> {
  try {
    return await checkpointFacts(bytes);
  } catch (error) {
    if (error instanceof CyxError && error.code === 'RESULT_INVALID') throw wrong('can not be read');
    throw error;
  }
}

function largestStateBytes(job: JobRow): number {
  const { graph, hyperParameters } = identityOf(job);
  return 2 * stateBytesOf(countParameters(graph), hyperParameters.optimizer) + FILE_EXTRA_BYTES;
}
