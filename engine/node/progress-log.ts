import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { TrainingProgress } from '../trainer/train.ts';
import type { ProgressLine } from './child-contract.ts';

const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Where the whole lines of a log end, and the last sequence number in it. */
function lastWholeLine(path: string): { readonly sizeBytes: number; readonly sequence: number } {
  if (!existsSync(path)) return { sizeBytes: 0, sequence: 0 };
  const bytes = readFileSync(path);
  const sizeBytes = bytes.lastIndexOf(0x0a) + 1;
  const line = bytes.subarray(0, sizeBytes).toString('utf8').trimEnd().split('\n').at(-1);
  if (line === undefined || line === '') return { sizeBytes, sequence: 0 };
  return { sizeBytes, sequence: (JSON.parse(line) as ProgressLine).sequence };
}

/** Appends numbered lines; goes on where an earlier process stopped, without the line it may have left half-written. */
export class ProgressLog {
  readonly #file: number;
  #sequence: number;
  #sizeBytes: number;

  constructor(path: string) {
    const { sizeBytes, sequence } = lastWholeLine(path);
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w');
    ftruncateSync(this.#file, sizeBytes);
    this.#sizeBytes = sizeBytes;
    this.#sequence = sequence;
  }

  /** On a full disk the line is left out: a report is not worth a training. */
  append(progress: TrainingProgress): void {
    const line: ProgressLine = { sequence: this.#sequence + 1, at: new Date().toISOString(), ...progress };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    // One write at a known place: a reader sees whole lines, but for the moment of the write itself.
    if (!this.#write(bytes)) return;
    this.#sequence += 1;
    this.#sizeBytes += bytes.length;
  }

  #write(bytes: Uint8Array): boolean {
    try {
      if (writeSync(this.#file, bytes, 0, bytes.length, this.#sizeBytes) === bytes.length) return true;
    } catch (error) {
      if (!NO_ROOM.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    ftruncateSync(this.#file, this.#sizeBytes);
    return false;
  }

  close(): void {
    closeSync(this.#file);
  }
}
