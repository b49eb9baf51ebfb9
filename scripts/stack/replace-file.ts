import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** Writes a file of secrets anew. Whoever reads it meanwhile sees the old one or the new one, never half of one. */
export function replaceFile(file: string, text: string): void {
  const half = `${file}.${randomBytes(4).toString('hex')}`;
  const fd = openSync(half, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(half, file);
}
