import { closeSync, openSync, readSync } from 'node:fs';
import { parseInput } from '#core/errors/from-zod';
import { progressLineSchema, type ProgressLine } from '#engine/node/child-contract';

const PIECE_SIZE_BYTES = 64 * 1024;

/** Reads a growing `progress.jsonl`: each call gives the whole lines that are new, however long the file has become. */
export function createProgressReader(path: string): () => ProgressLine[] {
  let offset = 0;
  return () => {
    const bytes = bytesFrom(path, offset);
    const end = bytes.lastIndexOf('\n') + 1;
    offset += end;
    const lines = bytes.subarray(0, end).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => parseInput(progressLineSchema, JSON.parse(line), 'TRAINING_FAILED'));
  };
}

/** What stands in the file from there on; nothing while there is no file. */
function bytesFrom(path: string, offset: number): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const pieces: Buffer[] = [];
    for (let at = offset; ; ) {
      const piece = Buffer.alloc(PIECE_SIZE_BYTES);
      const count = readSync(file, piece, 0, piece.length, at);
      if (count === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, count));
      at += count;
    }
  } finally {
    closeSync(file);
  }
}
