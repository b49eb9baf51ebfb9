// A training child that follows the file contract of engine/node/child-contract.ts without a training: a step takes
// 40 ms, and every value of the state is the number of steps done. What it shall do stands in the hyper-parameters, see
// fixture.ts. The files it writes are real ones.
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hyperParametersSchema } from '#core/graph/hyper-parameters';
import { parseGraph } from '#core/graph/parse';
import { sizeOf } from '#core/graph/layers/layer-spec';
import { decodeCheckpoint, encodeCheckpoint } from '#engine/formats/checkpoint-file';
import type { NamedTensor } from '#engine/formats/safetensors';
import { CHILD_FILES, trainingSpecSchema, type CheckpointLine, type ProgressLine } from '#engine/node/child-contract';
import { extendChain, fromHex, hashTensors, startChain, toHex } from '#engine/trainer/commitment';
import { NO_SUMS } from '#engine/trainer/state';
import { formOfRun } from '../checkpoint-inspect.ts';
import { behaviourOf } from './fixture.ts';

const STEP_MS = 40;

const dir = process.argv[2] as string;
const path = (name: string): string => join(dir, name);
const put = (name: string, content: string | Uint8Array): void => {
  writeFileSync(path(`${name}.tmp`), content);
  renameSync(path(`${name}.tmp`), path(name));
};

const spec = trainingSpecSchema.parse(JSON.parse(readFileSync(path(CHILD_FILES.spec), 'utf8')));
const hyperParameters = hyperParametersSchema.parse(spec.hyperParameters);
const { steps, behaviour } = behaviourOf(hyperParameters);
if (existsSync(path(CHILD_FILES.result))) process.exit(0);
put(CHILD_FILES.child, JSON.stringify({ pid: process.pid, startedAt: new Date().toISOString() }));
put('environment.json', JSON.stringify({ names: Object.keys(process.env) }));
if (behaviour === 'crash') process.exit(1);
if (behaviour === 'greedy') for (const held: Buffer[] = []; ; ) held.push(Buffer.alloc(32 * 1024 * 1024, 1));
if (behaviour === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));

let stopping = false;
process.on('SIGTERM', () => (stopping = behaviour !== 'deaf'));
const runHex = toHex(await startChain({ ...spec, hyperParameters, graph: parseGraph(spec.graphJson) }));
const shapes = [...(await formOfRun(spec)).shapes].map(([name, shape]) => [name, JSON.parse(shape) as number[]] as const);
const stateAt = (step: number): Map<string, NamedTensor> => new Map(shapes.map(([name, shape]) => [name, { shape, data: new Float32Array(sizeOf(shape)).fill(step) }]));

const lines = existsSync(path(CHILD_FILES.progress)) ? readFileSync(path(CHILD_FILES.progress), 'utf8').trimEnd().split('\n') : [];
let sequence = lines.at(-1) ? (JSON.parse(lines.at(-1) as string) as ProgressLine).sequence : 0;
const before = existsSync(path(CHILD_FILES.checkpoint)) ? decodeCheckpoint(readFileSync(path(CHILD_FILES.checkpoint)), runHex).state : undefined;
let chain = before?.chainHex ?? runHex;
mkdirSync(path(CHILD_FILES.checkpoints), { recursive: true });

/** Every value of the state says at which step it was made, so a wrong place to go on from shows in the hash. */
async function checkpoint(step: number, kind: 'link' | 'time' | 'stop'): Promise<void> {
  const tensors = stateAt(step);
  const hash = await hashTensors(tensors);
  const link = { step, stateHash: hash, epoch: Math.floor(step / steps), batch: step % steps, meanLoss: 1 / step };
  if (kind === 'link') chain = toHex(await extendChain(fromHex(chain), link));
  const state = { step, chainHex: chain, sinceLink: NO_SUMS, inEpoch: NO_SUMS, trainingMs: step * STEP_MS, devices: [] };
  const bytes = encodeCheckpoint({ runHex, state, tensors });
  put(CHILD_FILES.checkpoint, bytes);
  if (kind === 'stop') return;
  put(join(CHILD_FILES.checkpoints, `${step}.safetensors`), bytes);
  const line: CheckpointLine = { ...link, isLink: kind === 'link', stateHash: toHex(hash), chain, sizeBytes: bytes.length };
  appendFileSync(path(CHILD_FILES.checkpointLog), `${JSON.stringify(line)}\n`);
}

for (let step = (before?.step ?? 0) + 1; step <= steps; step += 1) {
  await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  const line = { epoch: 1, epochs: 1, step, steps, loss: 1 / step, accuracy: step / steps, samplesPerSecond: 25 };
  appendFileSync(path(CHILD_FILES.progress), `${JSON.stringify({ sequence: ++sequence, at: new Date().toISOString(), ...line })}\n`);
  const isLink = step % spec.checkpointEverySteps === 0 || step === steps;
  // Every other step between links, as though time had passed.
  if (isLink || step % 2 === 0) await checkpoint(step, isLink ? 'link' : 'time');
  else if (stopping) await checkpoint(step, 'stop');
  if (stopping) process.exit(0);
  if (behaviour === 'diverge' && step === 3) {
    put(CHILD_FILES.result, JSON.stringify({ ok: false, code: 'TRAINING_DIVERGED', message: 'The loss is not a number in step 3' }));
    process.exit(0);
  }
}
put(CHILD_FILES.model, `model after ${steps} steps`);
const weightsHex = toHex(await hashTensors(stateAt(steps)));
const result = { ok: true, modelFile: path(CHILD_FILES.model), commitmentHex: chain, weightsHex, finalLoss: 1 / steps, finalAccuracy: 1, trainingMs: steps * STEP_MS, steps, samples: 10 };
put(CHILD_FILES.result, JSON.stringify(result));
