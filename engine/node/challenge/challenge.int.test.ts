import { describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { answerTolerance, checkValue, factorMatrix, nonceVectors } from '#core/hardware/challenge/maths';
import { plainSolver } from '#core/hardware/challenge/plain-solver';
import { answerLength, challengeSize, type ChallengeTask } from '#core/hardware/challenge/task';
import { startChallengeProcess } from './solve-in-child.ts';

const SEED = '00112233445566778899aabbccddeeff';
const NONCE = 'ffeeddccbbaa99887766554433221100';

describe('the process that solves a challenge with TensorFlow', () => {
  it('gives the answer of the solver in plain TypeScript', async () => {
    const task: ChallengeTask = { seed: SEED, side: 128, depth: 4, blocks: 6, rowsPerGroup: 8 };
    const process = await startChallengeProcess({ threads: 1 });
    try {
      const ours = await (await plainSolver.fill(task)).answer(NONCE);
      const theirs = await (await process.fill(task)).answer(NONCE);
      expect(theirs).toHaveLength(answerLength(task));
      // A fifth of what is let pass: rounding stays far from it.
      theirs.forEach((value, at) => expect(Math.abs(value - ours[at]!)).toBeLessThan(answerTolerance(task) / 5));
    } finally {
      await process.close();
    }
  });

  it.each(['cpu', 'cuda.24g'])('is right at the size of %s, too', async (deviceClass) => {
    const task: ChallengeTask = { ...challengeSize(deviceClass), blocks: 2, seed: SEED };
    const process = await startChallengeProcess();
    try {
      const values = await (await process.fill(task)).answer(NONCE);
      const [factor, vectors] = [factorMatrix(task), nonceVectors(NONCE, task.side)];
      for (const at of [0, values.length - 1]) {
        const steps = checkValue(task, factor, vectors, { at, value: values[at]! });
        let step = steps.next();
        while (step.done !== true) step = steps.next();
        expect(step.value).toBe(true);
      }
    } finally {
      await process.close();
    }
  });

  it('tells of a task that is none, and ends when nobody is there any more', async () => {
    const process = await startChallengeProcess({ threads: 1 });
    await expect(process.fill({ seed: 'x' } as ChallengeTask)).rejects.toBeInstanceOf(CyxError);
    await process.close();
    const other = await startChallengeProcess({ threads: 1 });
    await other.close();
    await expect(other.fill({ seed: SEED, side: 16, depth: 2, blocks: 1, rowsPerGroup: 1 })).rejects.toMatchObject({ code: 'TRAINING_FAILED' });
  });
});
