// A training child that follows the file contract of engine/node/child-contract.ts without a training: a step takes
// 40 ms, a checkpoint is the number of steps done. What it shall do stands in the spec's graphJson.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const dir = process.argv[2];
const path = (name) => join(dir, name);
const put = (name, text) => {
  writeFileSync(path(`${name}.tmp`), text);
  renameSync(path(`${name}.tmp`), path(name));
};
const { steps, behaviour } = JSON.parse(JSON.parse(readFileSync(path('spec.json'), 'utf8')).graphJson);
if (existsSync(path('result.json'))) process.exit(0);
put('child.json', JSON.stringify({ pid: process.pid, startedAt: new Date().toISOString() }));
put('environment.json', JSON.stringify({ names: Object.keys(process.env) }));
if (behaviour === 'crash') process.exit(1);
if (behaviour === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));

let stopping = false;
process.on('SIGTERM', () => (stopping = behaviour !== 'deaf'));
const lines = existsSync(path('progress.jsonl')) ? readFileSync(path('progress.jsonl'), 'utf8').trimEnd().split('\n') : [];
let sequence = lines.at(-1) ? JSON.parse(lines.at(-1)).sequence : 0;
const first = existsSync(path('checkpoint.safetensors')) ? Number(readFileSync(path('checkpoint.safetensors'), 'utf8')) : 0;
for (let step = first + 1; step <= steps; step += 1) {
  await new Promise((resolve) => setTimeout(resolve, 40));
  const line = { epoch: 1, epochs: 1, step, steps, loss: 1 / step, accuracy: step / steps, samplesPerSecond: 25 };
  appendFileSync(path('progress.jsonl'), `${JSON.stringify({ sequence: ++sequence, at: new Date().toISOString(), ...line })}\n`);
  if (step % 5 === 0 || stopping) put('checkpoint.safetensors', String(step));
  if (stopping) process.exit(0);
  if (behaviour === 'diverge' && step === 3) {
    put('result.json', JSON.stringify({ ok: false, code: 'TRAINING_DIVERGED', message: 'The loss is not a number in step 3' }));
    process.exit(0);
  }
}
put('model.safetensors', `model after ${steps} steps`);
const hash = 'ab'.repeat(32);
put('result.json', JSON.stringify({ ok: true, modelFile: path('model.safetensors'), commitmentHex: hash, weightsHex: hash, finalLoss: 1 / steps, finalAccuracy: 1, trainingMs: steps * 40, steps, samples: 10 }));
