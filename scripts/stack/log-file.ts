import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A log larger than this is set aside (one old copy is kept) when its service starts anew. */
const ROTATE_ABOVE_BYTES = 32 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;

/**
 * A service writes into its log file itself, not through a pipe of ours: so it can go on writing when this
 * process is killed, and nothing is lost.
 */
export interface LogFile {
  readonly path: string;
  /** Where the service's own output began. */
  readonly startOffset: number;
  readonly fd: number;
  close(): void;
}

export function openLog(logDir: string, name: string): LogFile {
  mkdirSync(logDir, { recursive: true });
  const path = join(logDir, `${name}.log`);
  try {
    if (statSync(path).size > ROTATE_ABOVE_BYTES) renameSync(path, `${path}.1`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const fd = openSync(path, 'a');
  return { path, startOffset: fstatSync(fd).size, fd, close: () => closeSync(fd) };
}

/** The text after `offset`, and where the next look has to begin. Only whole lines are given out. */
export function readLinesFrom(path: string, offset: number): { lines: string[]; nextOffset: number } {
  const fd = openSync(path, 'r');
  try {
    const size = fstatSync(fd).size;
    if (size <= offset) return { lines: [], nextOffset: offset };
    const buffer = Buffer.alloc(size - offset);
    const read = readSync(fd, buffer, 0, buffer.length, offset);
    const end = buffer.subarray(0, read).lastIndexOf(0x0a) + 1;
    const lines = buffer.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
    return { lines, nextOffset: offset + end };
  } finally {
    closeSync(fd);
  }
}

/** The last lines that a service wrote since `offset`, indented, for an error message. */
export function lastLines(path: string, offset: number, count = 15): string {
  const size = statSync(path).size;
  const { lines } = readLinesFrom(path, Math.max(offset, size - TAIL_BYTES));
  return lines.slice(-count).map((line) => `    ${line}`).join('\n') || '    (it wrote nothing)';
}
