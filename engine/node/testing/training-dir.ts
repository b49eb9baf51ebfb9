import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeDataset, type Dataset } from '../../data/dataset.ts';
import { CHILD_FILES, readProgress, trainingChildCommand, type TrainingSpecInput } from '../child-contract.ts';
import { isolate } from '../child-isolation.ts';
import { memoryBound } from '../memory-bound.ts';

/** Work directories and training children of one test file. */
export class TrainingDirs {
  readonly root = mkdtempSync(join(tmpdir(), 'cyxwiz-training-'));
  readonly #children = new Set<ChildProcess>();

  dataset(name: string, dataset: Dataset): string {
    const file = join(this.root, `${name}.safetensors`);
    writeFileSync(file, encodeDataset(dataset));
    return file;
  }

  make(spec: Omit<TrainingSpecInput, 'jobId' | 'attempt' | 'datasetCid'>): string {
    const workDir = mkdtempSync(join(this.root, 'job-'));
    writeFileSync(join(workDir, CHILD_FILES.spec), JSON.stringify({ jobId: 'job', attempt: 1, datasetCid: 'bafy-test', ...spec }));
    return workDir;
  }

  /** As the supervisor starts it. */
  start(workDir: string): ChildProcess {
    const { memoryMb } = JSON.parse(readFileSync(join(workDir, CHILD_FILES.spec), 'utf8')) as Partial<TrainingSpecInput>;
    const { command, args, env } = isolate(trainingChildCommand(workDir), { memoryBytes: memoryBound(memoryMb) });
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    this.#children.add(child);
    return child;
  }

  killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#children.clear();
  }

  remove(): void {
    this.killAll();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The exit code, or the signal that ended it. */
export async function ended(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

export async function until(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  for (const giveUpAtMs = Date.now() + timeoutMs; !condition(); await sleep(10)) {
    if (Date.now() > giveUpAtMs) throw new Error(`it did not happen within ${timeoutMs} ms`);
  }
}

export function lastStep(workDir: string): number {
  return readProgress(workDir).at(-1)?.step ?? 0;
}
