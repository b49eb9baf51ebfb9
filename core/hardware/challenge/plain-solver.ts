import { factorMatrix, groupAnswer, nonceVectors, productRows } from './maths.ts';
import { answerLength, type ChallengeTask } from './task.ts';

/** A machine's side of a challenge, whatever it computes with. */
export interface ChallengeSolver {
  /** Resolves once every product is in memory. */
  fill(task: ChallengeTask): Promise<FilledChallenge>;
}

export interface FilledChallenge {
  /** One value for each group of rows of each block. */
  answer(nonce: string): Promise<Float32Array>;
  /** Gives the memory back. */
  close(): Promise<void>;
}

/** The block's rows as a device would keep them. */
export function plainBlock(task: ChallengeTask, factor: Float32Array, block: number): Float32Array[] {
  const steps = productRows(task, factor, { block, first: 0, count: task.side });
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value.map((row) => Float32Array.from(row));
}

/** Writes the values of one block into an answer. */
export function answerBlock(task: ChallengeTask, vectors: { x: Float32Array; y: Float32Array }, rows: readonly Float32Array[], into: Float32Array, block: number): void {
  const { side, rowsPerGroup } = task;
  for (let first = 0; first < side; first += rowsPerGroup) {
    into[(block * side + first) / rowsPerGroup] = groupAnswer(rows.slice(first, first + rowsPerGroup), first, vectors);
  }
}

/** Solves a small challenge on any machine, without a library: a thousand times slower than a device, and as right. */
export const plainSolver: ChallengeSolver = {
  fill: (task) => {
    const factor = factorMatrix(task);
    const blocks = Array.from({ length: task.blocks }, (_, block) => plainBlock(task, factor, block));
    return Promise.resolve({
      answer: (nonce) => {
        const values = new Float32Array(answerLength(task));
        const vectors = nonceVectors(nonce, task.side);
        blocks.forEach((rows, block) => answerBlock(task, vectors, rows, values, block));
        return Promise.resolve(values);
      },
      close: () => Promise.resolve(),
    });
  },
};
