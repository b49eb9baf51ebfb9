import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseConfig } from '#core/config/config';
import type { HyperParameters } from '#core/graph/hyper-parameters';
import { attemptsOfJob } from '#db/postgres/attempts';
import { encodeDataset } from '#engine/data/dataset';
import { CHILD_FILES, readTrainingResult, trainingChildCommand, type TrainingSpecInput } from '#engine/node/child-contract';
import type { Specification } from '#api/client/node';
import type { TrainingJobResult } from '#workflows/training-job/messages';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { TEST_FOLDER_PREFIX } from '../../test/abandoned.ts';
import { type Findings, row, type Say } from '../report.ts';
import { alternate, median, type Pair, pairedRatio } from '../statistics.ts';
import { type JobParts, prepareSubmit } from './platform.ts';
import { findPython, runTfFunction } from './tf-function.ts';

const GOAL_INSIDE = 0.95;
/** As a node has it (activities/node/training.ts), so that both sides write the same checkpoints. */
const CHECKPOINT_EVERY_STEPS = 50;
const NODE_WITHIN_MS = 120_000;
const DEADLINE_MS = 5 * 60_000;

/** Trainings inside paid jobs on a real node, each beside the same training in a child that knows no platform. */
export async function measureTraining(parts: JobParts, options: { trainings: number; epochs: number }, say: Say): Promise<Findings> {
  const { trainings, epochs } = options;
  // Named as a test stack's folder, so that the next one ends what a killed bench leaves running.
  const folder = mkdtempSync(join(tmpdir(), TEST_FOLDER_PREFIX));
  const hyperParameters: HyperParameters = { epochs, batchSize: 64, learningRate: 0.002, optimizer: 'adam', seed: 42 };
  let provider: Stack | undefined;
  try {
    say('starting a real node and the real verifier');
    provider = await startStack({ config: parseConfig({ ...parts.stack.env, CYXWIZ_HOME: join(folder, 'home') }), only: ['verifier', 'node'], log: say });
    await untilNodeIsActive(parts.stack.config.publicUrls.web);
    const datasetFile = join(folder, 'digits.safetensors');
    writeFileSync(datasetFile, encodeDataset(parts.training));
    const images = parts.training.samples * epochs;
    const inside = (): Promise<number> => trainInJob(parts, hyperParameters, images);
    const outside = (round: number): Promise<number> => trainOutside(parts, { hyperParameters, datasetFile, workDir: join(folder, `outside-${round}`) }, images);
    say(`${trainings} pairs of trainings, ${images} images each`);
    await alternate(1, inside, () => outside(-1));
    const pairs = await alternate(trainings, inside, outside);
    const measured = row({ ...compare('training inside the job', pairs, 'the same training child outside it'), goal: `ratio ≥ ${GOAL_INSIDE}` });
    const findings: Findings = { results: [{ ...measured, ok: measured.ratio! >= GOAL_INSIDE }], notes: [] };
    const python = await findPython();
    if (python === undefined) return { ...findings, notes: ['no Python here can import tensorflow, so training was not compared with tf.function'] };
    say(`the same model as a tf.function under ${python}`);
    await runTfFunction(python, { datasetFile, hyperParameters });
    const beside = await alternate(trainings, inside, () => runTfFunction(python, { datasetFile, hyperParameters }));
    return { ...findings, results: [...findings.results, row(compare('training inside the job', beside, 'Python tf.function'))] };
  } finally {
    await provider?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(metric: string, pairs: readonly Pair[], peerName: string) {
  const middle = { ours: median(pairs.map(({ ours }) => ours)), peer: median(pairs.map(({ peer }) => peer)) };
  return { metric, unit: 'images/s', ...middle, peerName, ...pairedRatio(pairs), n: pairs.length, goal: null, ok: null };
}

async function untilNodeIsActive(webUrl: string): Promise<void> {
  for (const giveUpAtMs = Date.now() + NODE_WITHIN_MS; Date.now() < giveUpAtMs; await delay(250)) {
    const answer = await fetch(`${webUrl}/api/nodes?page_size=100`);
    const { nodes } = (await answer.json()) as { nodes: { state: string; device_name: string }[] };
    if (nodes.some((node) => node.state === 'ACTIVE' && node.device_name !== 'no-op processor')) return;
  }
  throw new Error('The real node did not become ACTIVE within two minutes');
}

/** Images a second of the training loop, by the time that the node reported for it. */
async function trainInJob(parts: JobParts, hyperParameters: HyperParameters, images: number): Promise<number> {
  const { graphJson, datasetCid, postgres } = parts;
  const specification: Specification = { graphJson, datasetCid, hyperParameters, deviceClass: 'cpu', deadlineMs: DEADLINE_MS };
  const { jobId, handle } = await (await prepareSubmit(parts, specification))();
  const result = (await handle.result()) as TrainingJobResult;
  if (result.state !== 'COMPLETED') throw new Error(`The measured training job ${jobId} ended ${result.state}: ${result.endReason}`);
  const attempts = await attemptsOfJob(postgres.db, jobId);
  const trainingMs = attempts.find(({ outcome }) => outcome === 'completed')?.trainingMs;
  if (attempts.length !== 1 || trainingMs == null) throw new Error(`Job ${jobId} took ${attempts.length} attempts, so its time is not that of one training`);
  return (images * 1000) / trainingMs;
}

interface Outside {
  readonly hyperParameters: HyperParameters;
  readonly datasetFile: string;
  readonly workDir: string;
}

async function trainOutside({ graphJson, datasetCid }: JobParts, { hyperParameters, datasetFile, workDir }: Outside, images: number): Promise<number> {
  const spec: TrainingSpecInput = { jobId: 'bench', attempt: 1, graphJson, hyperParameters, datasetFile, datasetCid, checkpointEverySteps: CHECKPOINT_EVERY_STEPS };
  mkdirSync(workDir);
  writeFileSync(join(workDir, CHILD_FILES.spec), JSON.stringify(spec));
  const { command, args } = trainingChildCommand(workDir);
  await once(spawn(command, [...args], { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  const result = readTrainingResult(workDir);
  if (result?.ok !== true) throw new Error(`The training outside a job failed: ${result?.message ?? 'no result'}`);
  return (images * 1000) / result.trainingMs;
}
