import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseInput } from '#core/errors/from-zod';
import { progressLineSchema, type ProgressLine } from './child-contract.ts';

const CHUNK_SIZE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Reads a growing `progress.jsonl` once, however long the run: each `read` gives the whole lines that came since the
 * last one. A line that is still being written, or that a killed process left half-written, waits.
 */
export class ProgressTail {
  readonly #path: string;
  #offset = 0;
  #lastSequence: number;

  constructor(path: string, afterSequence = 0) {
    this.#path = path;
    this.#lastSequence = afterSequence;
  }

  read(): ProgressLine[] {
    if (!existsSync(this.#path)) return [];
    const bytes = this.#newBytes();
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#offset += end;
    const lines = bytes
      .subarray(0, end)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseInput(progressLineSchema, JSON.parse(line), 'TRAINING_FAILED'))
      .filter((line) => line.sequence > this.#lastSequence);
    this.#lastSequence = lines.at(-1)?.sequence ?? this.#lastSequence;
    return lines;
  }

  #newBytes(): Buffer {
    const file = openSync(this.#path, 'r');
    try {
      if (fstatSync(file).size < this.#offset) this.#offset = 0;
      const pieces: Buffer[] = [];
      for (let at = this.#offset; ; ) {
        const piece = Buffer.alloc(CHUNK_SIZE_BYTES);
        const count = readSync(file, piece, 0, piece.length, at);
        if (count === 0) return Buffer.concat(pieces);
        pieces.push(piece.subarray(0, count));
        at += count;
      }
    } finally {
      closeSync(file);
    }
  }
}
