import { randomStream } from '#engine/data/random';
import { Tally, type Check } from './check.ts';
import { inFreshProcess, runAnswerSchema, RUN_STEPS, soakAnswerSchema, type RunAnswer } from './run.ts';

interface Settings {
  readonly threads: number;
  readonly env: NodeJS.ProcessEnv;
  readonly seed: number;
}

/** What a finished run is known by. */
function resultOf({ hash, commitment }: RunAnswer): string {
  if (hash === undefined || commitment === undefined) throw new Error('the run did not finish');
  return `${hash} ${commitment}`;
}

/** The whole trainer again and again, each time in a fresh process: the same weights and the same commitment. */
export async function proveRepetition({ threads, env }: Settings, times: number): Promise<{ check: Check; expected: string }> {
  const tally = new Tally('repetition', `${RUN_STEPS} steps with dropout and batch norm in fresh processes; the value is 1 where weights or commitment differ from the first run's`, 0);
  let expected = '';
  for (let run = 0; run < times; run++) {
    await tally.case(`run ${run}`, async () => {
      const result = resultOf(await inFreshProcess('run', { threads }, runAnswerSchema, env));
      if (run === 0) expected = result;
      return result === expected ? 0 : 1;
    });
  }
  return { check: tally.check(), expected };
}

/** Stopped after a random step, and taken up again in another process from nothing but the checkpoint. */
export async function proveResumption({ threads, env, seed }: Settings, times: number, expected: string): Promise<Check> {
  const tally = new Tally('resumption', 'interrupted at a random step, resumed in a fresh process; the value is 1 where weights or commitment differ from an undisturbed run’s', 0);
  const random = randomStream(seed, 'interruptions');
  for (let run = 0; run < times; run++) {
    const stopAfter = 1 + random.nextBelow(RUN_STEPS - 1);
    await tally.case(`after step ${stopAfter}`, async () => {
      const { checkpoint } = await inFreshProcess('run', { threads, stopAfter }, runAnswerSchema, env);
      if (checkpoint === undefined) throw new Error('the stopped run left no checkpoint');
      return resultOf(await inFreshProcess('run', { threads, checkpoint }, runAnswerSchema, env)) === expected ? 0 : 1;
    });
  }
  return tally.check();
}

const PARTS = 40;
const FLAT_WITHIN = 0.02;

const middle = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** Memory over many steps: what a fifth of the run takes to warm up does not count. */
export async function proveNoLeak({ threads, env }: Settings, steps: number): Promise<Check[]> {
  const memory = new Tally('resident memory', `over ${steps} steps; growth from the second fifth to the last, as a share`, FLAT_WITHIN);
  const tensors = new Tally('tensors', `left over after ${steps} steps`, 0);
  try {
    const { residentBytes, tensors: counted } = await inFreshProcess('soak', { threads, steps, samplesOf: Math.max(1, Math.floor(steps / PARTS)) }, soakAnswerSchema, env);
    const fifth = Math.floor(residentBytes.length / 5);
    const [early, late] = [middle(residentBytes.slice(fifth, 2 * fifth)), middle(residentBytes.slice(-fifth))];
    memory.add(`${(early / 1e6).toFixed(1)} MB to ${(late / 1e6).toFixed(1)} MB`, (late - early) / early);
    tensors.add(`${counted[0]} to ${counted.at(-1)}`, counted.at(-1)! - counted[0]!);
  } catch (error) {
    memory.failed('soak', error);
    tensors.failed('soak', error);
  }
  return [memory.check(), tensors.check()];
}
