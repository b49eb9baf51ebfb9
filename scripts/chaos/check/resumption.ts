import { existsSync } from 'node:fs';
import { readProgress, type ProgressLine } from '#engine/node/child-contract';
import type { Arena } from '../arena/arena.ts';
import type { Broken } from '../report.ts';
import type { JobFacts } from './jobs.ts';

export interface Resumption {
  /** Of the steps that were left after the kill, on the node's disk or in CyxCloud. */
  readonly stepsRepeated: number;
  /** Done on a machine that went for good, and not in CyxCloud yet. */
  readonly stepsLost: number;
  /** From the kill to the next step. */
  readonly resumeMs: number;
}

/**
 * What a killed training cost, read from the trainers' own files on the nodes' disks. Lines come every 0.3 s, so up to
 * that much of the work before the kill is not counted.
 */
export function resumptions(arena: Arena, { record, attempts, checkpoints }: JobFacts): Resumption[] {
  const lines = attempts.flatMap(({ nodeId, attempt }) => linesOf(arena, record.jobId, nodeId, attempt));
  return record.kills.flatMap(({ atMs, attempt, nodeId }) => {
    const time = ({ at }: ProgressLine): number => Date.parse(at);
    const before = lines.filter((line) => line.attempt === attempt && time(line) <= atMs).at(-1);
    const next = lines.filter((line) => time(line) > atMs).sort((a, b) => time(a) - time(b))[0];
    if (before === undefined || next === undefined) return [];
    const stored = Math.max(0, ...checkpoints.filter(({ at }) => at.getTime() <= atMs).map(({ step }) => step));
    const left = record.lateNodes.has(nodeId) ? Math.min(before.step, stored) : before.step;
    return [{ stepsRepeated: Math.max(0, left - (next.step - 1)), stepsLost: before.step - left, resumeMs: time(next) - atMs }];
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
