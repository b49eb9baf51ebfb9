import { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';

/** One attempt at one job: the unit that a slot is held for and a training process is owned by. */
export interface RunKey {
  readonly jobId: string;
  readonly attempt: number;
}

// Both become path segments, so nothing but a UUID and a small number passes.
const runKeySchema = z.object({ jobId: z.uuid().toLowerCase(), attempt: z.int().min(1).max(1000) });

/** Checks what came in from outside. */
export function parseRunKey(input: { readonly jobId: string; readonly attempt: number }): RunKey {
  return parseInput(runKeySchema, { jobId: input.jobId, attempt: input.attempt });
}

export function runName(key: RunKey): string {
  return `${key.jobId}#${key.attempt}`;
}

export function sameRun(a: RunKey, b: RunKey): boolean {
  return a.jobId === b.jobId && a.attempt === b.attempt;
}
