import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeCheckpoint, readCheckpoint, type Checkpoint } from '#engine/formats/checkpoint-file';
import { decodeModel, encodeModel } from '#engine/formats/model-file';
import { CHILD_FILES, checkpointFile, readCheckpointLines, readTrainingResult, type CheckpointLine } from '#engine/node/child-contract';
import { hashTensors, linkChain, toHex } from '#engine/trainer/commitment';

/** One link of a run: what is reported of it, and its checkpoint's bytes. */
export interface Link {
  readonly line: CheckpointLine;
  readonly bytes: Uint8Array;
}

/** What a node hands in. */
export interface Result {
  readonly links: readonly Link[];
  readonly model: Uint8Array;
  readonly rootHex: string;
}

/** A finished run as its training child left it. */
export function resultIn(workDir: string): Result {
  const result = readTrainingResult(workDir);
  if (result?.ok !== true) throw new Error(`the run did not finish: ${JSON.stringify(result)}`);
  const links = readCheckpointLines(workDir)
    .filter(({ isLink }) => isLink)
    .map((line) => ({ line, bytes: new Uint8Array(readFileSync(checkpointFile(workDir, line.step))) }));
  return { links, model: new Uint8Array(readFileSync(join(workDir, CHILD_FILES.model))), rootHex: result.commitmentHex };
}

export type Tensors = Checkpoint['tensors'];

export function tensorsOf({ bytes }: Link): Tensors {
  return readCheckpoint(bytes, 'INTERNAL').tensors;
}

/**
 * Tells a lie consistently: links with other states, hashed and chained as an honest node would, and a model with the
 * last one's weights.
 */
export async function forge(honest: Result, lie: (link: Link, index: number) => { tensors?: Tensors; meanLoss?: number }): Promise<Result> {
  const links: Link[] = [];
  let chain = readCheckpoint(honest.links[0]!.bytes, 'INTERNAL').runHex;
  for (const [index, link] of honest.links.entries()) {
    const checkpoint = readCheckpoint(link.bytes, 'INTERNAL');
    const { tensors = checkpoint.tensors, meanLoss = link.line.meanLoss } = lie(link, index);
    const line = { ...link.line, stateHash: toHex(await hashTensors(tensors)), meanLoss };
    chain = await linkChain(chain, line);
    links.push({ line: { ...line, chain }, bytes: encodeCheckpoint({ ...checkpoint, tensors, state: { ...checkpoint.state, chainHex: chain } }) });
  }
  const weights = new Map([...tensorsOf(links.at(-1)!)].filter(([name]) => !name.includes(':')));
  const model = encodeModel({ ...decodeModel(honest.model), weights, commitmentHex: chain });
  return { links, model, rootHex: chain };
}
