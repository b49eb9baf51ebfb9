import { existsSync } from 'node:fs';
import { readProgress, type ProgressLine } from '#engine/node/child-contract';
import type { Arena } from '../arena/arena.ts';
import type { Broken } from '../report.ts';
import type { JobFacts } from './jobs.ts';

export interface Resumption {
  readonly stepsRepeated: number;
  /** From the kill to the next step. */
  readonly resumeMs: number;
}

/**
 * What a killed training cost, read from the trainers' own files on the nodes' disks. Lines come every 0.3 s, so up to
 * that much of the work before the kill is not counted.
 */
export function resumptions(arena: Arena, { record, attempts }: JobFacts): Resumption[] {
  const lines = attempts.flatMap(({ nodeId, attempt }) => linesOf(arena, record.jobId, nodeId, attempt));
  return record.kills.flatMap(({ atMs, attempt }) => {
    const time = ({ at }: ProgressLine): number => Date.parse(at);
    const before = lines.filter((line) => line.attempt === attempt && time(line) <= atMs).at(-1);
    const next = lines.filter((line) => time(line) > atMs).sort((a, b) => time(a) - time(b))[0];
    if (before === undefined || next === undefined) return [];
    return [{ stepsRepeated: Math.max(0, before.step - (next.step - 1)), resumeMs: time(next) - atMs }];
  });
}

function linesOf(arena: Arena, jobId: string, nodeId: string | null, attempt: number): (ProgressLine & { readonly attempt: number })[] {
  const dir = arena.nodes.get(nodeId ?? '')?.runDir(jobId, attempt);
  if (dir === undefined || !existsSync(dir)) return [];
  return readProgress(dir).map((line) => ({ ...line, attempt }));
}

/** A kill may cost one checkpoint interval of work and no more. */
export function tooMuchRepeated({ record, row }: JobFacts, found: readonly Resumption[]): Broken[] {
  const every = row?.checkpointEverySteps ?? 0;
  return found
    .filter(({ stepsRepeated }) => stepsRepeated > every)
    .map(({ stepsRepeated }) => ({ invariant: 'resume', jobId: record.jobId, why: `${stepsRepeated} steps were done again after a kill; links are ${every} steps apart` }));
}
