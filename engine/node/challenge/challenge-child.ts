/**
 * The machine's side of a capability challenge in a process of its own, since native operations block whatever process
 * they run in: `node --import tsx engine/node/challenge/challenge-child.ts [threads]`. One line of JSON each way, in turn:
 * it says `ready`, gets a task, says `filled`, gets a nonce, gives its answer, and ends.
 */
import { createInterface } from 'node:readline';
import { challengeTaskSchema } from '#core/hardware/challenge/task';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { loadTensorflow } from '../load-tensorflow.ts';
import { saysOutOfMemory } from '../out-of-memory.ts';
import { fillDevice, warmUp } from './device-solver.ts';
import { challengeNonceSchema, type ChallengeChildLine } from './child-lines.ts';

const say = (line: ChallengeChildLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function nextLine(lines: AsyncIterator<string>): Promise<unknown> {
  const line = await lines.next();
  // Nobody is interested any more.
  if (line.done === true) process.exit(0);
  return JSON.parse(line.value);
}

async function solve(threads: number | undefined): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  // TensorFloat-32 has 11 of float32's 24 bits: with it, an honest answer would look like one from shortened values.
  // eslint-disable-next-line no-restricted-properties
  Object.assign(process.env, { NVIDIA_TF32_OVERRIDE: '0' });
  const { tf } = loadTensorflow({ threads });
  warmUp(tf);
  say({ ok: true, step: 'ready' });
  const blocks = fillDevice(tf, parseInput(challengeTaskSchema, await nextLine(lines)));
  say({ ok: true, step: 'filled' });
  const { nonce } = parseInput(challengeNonceSchema, await nextLine(lines));
  const values = blocks.answer(nonce);
  say({ ok: true, step: 'answer', values: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64') });
}

try {
  const [threads] = process.argv.slice(2);
  await solve(threads === undefined ? undefined : Number(threads));
} catch (error) {
  if (!(error instanceof CyxError)) console.error(error);
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof CyxError ? error.code : saysOutOfMemory(message) ? 'OUT_OF_MEMORY' : 'INTERNAL';
  say({ ok: false, code, message });
}
// The line reader would keep the process.
process.stdin.destroy();
