import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import type { ChallengeSolver } from '#core/hardware/challenge/plain-solver';
import { isolate } from '../child-isolation.ts';
import { challengeChildLineSchema, type ChallengeChildLine } from './child-lines.ts';

export interface ChallengeProcess extends ChallengeSolver {
  /** Ends the process, and with it gives all memory back. */
  close(): Promise<void>;
}

/** So long a step may take: the platform gives less. */
const STEP_WITHIN_MS = 600_000;

/**
 * Starts the process that solves one challenge with the backend that trains here, and waits until its libraries are
 * loaded. @throws CyxError UNAVAILABLE without native TensorFlow, OUT_OF_MEMORY, or TRAINING_FAILED where it broke.
 */
export async function startChallengeProcess(options: { readonly threads?: number | undefined } = {}): Promise<ChallengeProcess> {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = fileURLToPath(new URL('./challenge-child.ts', import.meta.url));
  const threads = options.threads === undefined ? [] : [String(options.threads)];
  const { command, args, env } = isolate({ command: process.execPath, args: ['--import', loader, script, ...threads] });
  const child = spawn(command, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const talk = conversation(child);
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await talk.expect('ready');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    close,
    async fill(task) {
      talk.say(task);
      await talk.expect('filled');
      return {
        async answer(nonce) {
          talk.say({ nonce });
          const { values } = await talk.expect('answer');
          const bytes = Uint8Array.from(Buffer.from(values, 'base64'));
          return new Float32Array(bytes.buffer);
        },
        close,
      };
    },
  };
}

type Said<Step> = Extract<ChallengeChildLine, { ok: true; step: Step }>;

interface Conversation {
  say(message: object): void;
  expect<Step extends 'ready' | 'filled' | 'answer'>(step: Step): Promise<Said<Step>>;
}

function conversation(child: ChildProcessByStdio<Writable, Readable, Readable>): Conversation {
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2_000)));
  // A child that ended says so by the end of its lines.
  child.on('error', (error) => (errors += error.message));
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<ChallengeChildLine> => {
    const late = new AbortController();
    const timer = setTimeout(() => (late.abort(), child.kill('SIGKILL')), STEP_WITHIN_MS);
    try {
      const line = await lines.next();
      if (line.done !== true) return parseInput(challengeChildLineSchema, JSON.parse(line.value), 'TRAINING_FAILED');
      if (late.signal.aborted) throw new CyxError('DEADLINE_EXCEEDED', `The challenge took longer than ${STEP_WITHIN_MS} ms`);
      throw new CyxError('TRAINING_FAILED', `The challenge process ended early: ${errors.trim().slice(-500)}`);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    say: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    async expect<Step extends 'ready' | 'filled' | 'answer'>(step: Step) {
      const line = await next();
      if (!line.ok) throw new CyxError(line.code, line.message);
      if (line.step !== step) throw new CyxError('TRAINING_FAILED', `The challenge process said "${line.step}" where "${step}" was due`);
      return line as Said<Step>;
    },
  };
}
