import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CHILD_FILES, checkpointFile, readCheckpointLines, type CheckpointLine } from '#engine/node/child-contract';

/** What a run's log says of each step, in the order of the steps: what a restarted process wrote again is the same. */
export function readCheckpointLog(dir: string): CheckpointLine[] {
  return [...new Map(readCheckpointLines(dir).map((line) => [line.step, line])).values()].sort((a, b) => a.step - b.step);
}

/** The log of one run as it grows; read again only when the file has changed. */
export class CheckpointLog {
  readonly #dir: string;
  #sizeBytes = 0;
  #lines: CheckpointLine[] = [];

  constructor(dir: string) {
    this.#dir = dir;
  }

  lines(): readonly CheckpointLine[] {
    const path = join(this.#dir, CHILD_FILES.checkpointLog);
    const sizeBytes = existsSync(path) ? statSync(path).size : 0;
    if (sizeBytes !== this.#sizeBytes) {
      this.#lines = readCheckpointLog(this.#dir);
      this.#sizeBytes = sizeBytes;
    }
    return this.#lines;
  }
}

/**
 * The checkpoint to be stored next: the first link above `storedStep`, or the last of all. What is no link is worth
 * storing only while nothing newer is there. Files that nobody needs (any more, or again) are removed.
 */
export function nextToStore(dir: string, lines: readonly CheckpointLine[], storedStep: number): CheckpointLine | undefined {
  const newest = lines.at(-1)?.step;
  const needed = lines.filter(({ step, isLink }) => step > storedStep && (isLink || step === newest));
  const keep = new Set(needed.map(({ step }) => step));
  const known = new Set(lines.map(({ step }) => step));
  // One without a line was written a moment ago: its line follows.
  for (const step of storedFiles(dir)) if (known.has(step) && !keep.has(step)) rmSync(checkpointFile(dir, step), { force: true });
  return needed[0];
}

function storedFiles(dir: string): number[] {
  const path = join(dir, CHILD_FILES.checkpoints);
  if (!existsSync(path)) return [];
  return readdirSync(path).flatMap((name) => /^(\d+)\.safetensors$/.exec(name)?.[1] ?? []).map(Number);
}
