import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Two of these are kept: this one, and the one before it. */
const MAX_BYTES = 8 * 1024 * 1024;

export interface LogFile {
  write(line: string): void;
}

/**
 * A log that never fills a disk: one that has grown too large is set aside, in the place of the one that was set aside
 * before. A line that can not be written is lost, since a full disk must not end a node.
 */
export function openLogFile(path: string, oldPath: string, maxBytes = MAX_BYTES): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let fd = openSync(path, 'a', 0o600);
  let sizeBytes = fstatSync(fd).size;
  const rotate = (): void => {
    // Closed last: where a step fails, this descriptor must not become another file's, and the next line tries again.
    if (existsSync(path)) renameSync(path, oldPath);
    const next = openSync(path, 'a', 0o600);
    closeSync(fd);
    fd = next;
    sizeBytes = 0;
  };
  return {
    write(line) {
      try {
        if (sizeBytes >= maxBytes) rotate();
        sizeBytes += writeSync(fd, line);
      } catch {
        // Standard error has it, too.
      }
    },
  };
}
