import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGraph } from '#core/graph/parse';
import { encodeDataset, firstSamples } from '#engine/data/dataset';
import { readCheckpoint } from '#engine/formats/checkpoint-file';
import { decodeModel } from '#engine/formats/model-file';
import { CHILD_FILES, checkpointLineSchema, readProgress, readTrainingResult, trainingChildCommand, type ChildCommand, type TrainingSpecInput } from '#engine/node/child-contract';
import { loadDigits } from '#engine/node/digits';
import { extendChain, fromHex, hashTensors, startChain, toHex } from '#engine/trainer/commitment';
import { makeStash } from '../arena/stash.ts';
import { LIES, type Lie } from '../plan/trouble.ts';
import { liarCommand } from './command.ts';

// A lie is only worth telling if nothing but the work gives it away: every liar has to keep to the child's contract.

const EVERY = 12;
const SAMPLES = 320;
let parent: string;
let dataset: Uint8Array;
let stashFile: string;
let honest: ReturnType<typeof resultIn>;
const graphJson = readFileSync(new URL('../../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8');
const hyperParameters = { epochs: 3, batchSize: 32, learningRate: 0.002, optimizer: 'adam', seed: 5 } as const;

function resultIn(dir: string) {
  const result = readTrainingResult(dir);
  if (result?.ok !== true) throw new Error(`No result: ${JSON.stringify(result)}`);
  return result;
}

async function runIn(name: string, command: (dir: string) => ChildCommand): Promise<string> {
  const dir = mkdtempSync(join(parent, `${name}-`));
  const datasetFile = join(dir, 'dataset.safetensors');
  writeFileSync(datasetFile, dataset);
  const spec: TrainingSpecInput = { jobId: name, attempt: 1, graphJson, hyperParameters, datasetFile, datasetCid: 'some-cid', checkpointEverySteps: EVERY, threads: 1 };
  writeFileSync(join(dir, CHILD_FILES.spec), JSON.stringify(spec));
  const child = command(dir);
  const [code] = (await once(spawn(child.command, [...child.args], { stdio: 'inherit' }), 'exit')) as [number | null];
  expect(code).toBe(0);
  return dir;
}

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'liars-'));
  const { training } = await loadDigits();
  dataset = encodeDataset(firstSamples(training, SAMPLES));
  stashFile = join(parent, 'stash.safetensors');
  writeFileSync(stashFile, await makeStash());
  honest = resultIn(await runIn('honest', trainingChildCommand));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

describe.each(LIES.filter((lie) => lie !== 'never-finishes'))('the node that tells %s', (lie: Lie) => {
  let dir: string;
  beforeAll(async () => (dir = await runIn(lie, (workDir) => liarCommand(lie, workDir, stashFile))));

  it('claims every link, with a checkpoint that is what the link says', async () => {
    const lines = readFileSync(join(dir, CHILD_FILES.checkpointLog), 'utf8').trim().split('\n').map((line) => checkpointLineSchema.parse(JSON.parse(line)));
    expect(lines.map(({ step }) => step)).toEqual([12, 24, 30]);
    let chain = await startChain({ graph: parseGraph(graphJson), datasetCid: 'some-cid', hyperParameters, checkpointEverySteps: EVERY });
    for (const line of lines) {
      chain = await extendChain(chain, { ...line, stateHash: fromHex(line.stateHash) });
      expect(line.chain).toBe(toHex(chain));
      const { tensors, state } = readCheckpoint(readFileSync(join(dir, CHILD_FILES.checkpoints, `${line.step}.safetensors`)), 'TRAINING_FAILED');
      expect(toHex(await hashTensors(tensors))).toBe(line.stateHash);
      expect(state).toMatchObject({ step: line.step, chainHex: line.chain });
    }
    expect(resultIn(dir).commitmentHex === toHex(chain)).toBe(lie !== 'wrong-commitment');
  });

  it('hands in a whole model that is not the honest one', async () => {
    const result = resultIn(dir);
    const model = decodeModel(readFileSync(result.modelFile));
    const trained = decodeModel(readFileSync(honest.modelFile));
    expect([...model.weights].map(([name, { shape }]) => [name, shape]).sort()).toEqual([...trained.weights].map(([name, { shape }]) => [name, shape]).sort());
    expect(toHex(await hashTensors(model.weights))).toBe(result.weightsHex);
    expect(result.weightsHex === honest.weightsHex).toBe(lie === 'wrong-commitment');
    expect(result.steps).toBe(honest.steps);
    expect(readProgress(dir).at(-1)?.step).toBe(honest.steps);
  });
});

it('the node that never finishes reports and reports, and has no result', async () => {
  const dir = mkdtempSync(join(parent, 'never-'));
  writeFileSync(join(dir, 'dataset.safetensors'), dataset);
  writeFileSync(join(dir, CHILD_FILES.spec), JSON.stringify({ jobId: 'never', attempt: 1, graphJson, hyperParameters, datasetFile: join(dir, 'dataset.safetensors'), datasetCid: 'some-cid', checkpointEverySteps: EVERY, threads: 1 }));
  const { command, args } = liarCommand('never-finishes', dir, stashFile);
  const child = spawn(command, [...args], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    await expect.poll(() => readProgress(dir).length, { timeout: 20_000 }).toBeGreaterThan(2);
    expect(existsSync(join(dir, CHILD_FILES.result))).toBe(false);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
});
