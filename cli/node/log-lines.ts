import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_FILES } from '#core/node/folder';

const LOOK_MS = 300;

export interface LogReader {
  /** The last lines that there are now, across the log that was set aside. */
  last(count: number): string[];
  /** Lines of after that, until `signal` aborts; a log that is set aside meanwhile is read to its end first. */
  follow(signal: AbortSignal): AsyncIterable<string>;
  close(): void;
}

export function openLog(dir: string): LogReader {
  const [file, oldFile] = [join(dir, NODE_FILES.log), join(dir, NODE_FILES.oldLog)];
  let open = openIfThere(file);
  const close = (): void => {
    if (open !== undefined) closeSync(open.fd);
    open = undefined;
  };
  async function* follow(signal: AbortSignal): AsyncIterable<string> {
    while (!signal.aborted) {
      const isSetAside = open !== undefined && !isSameFile(open.fd, file);
      if (open !== undefined) yield* open.read();
      if (isSetAside) close();
      if (open === undefined) open = openIfThere(file);
      if (!isSetAside) await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return {
    last(count) {
      const old = existsSync(oldFile) ? linesOf(readFileSync(oldFile, 'utf8')) : [];
      const lines = [...old, ...(open?.read() ?? [])];
      return count === 0 ? [] : lines.slice(-count);
    },
    follow,
    close,
  };
}

function isSameFile(fd: number, file: string): boolean {
  try {
    const now = openSync(file, 'r');
    const same = fstatSync(now).ino === fstatSync(fd).ino;
    closeSync(now);
    return same;
  } catch {
    return false;
  }
}

/** Read from its beginning, each line once. */
function openIfThere(file: string) {
  if (!existsSync(file)) return undefined;
  const fd = openSync(file, 'r');
  let offset = 0;
  return {
    fd,
    /** Whole lines alone: the rest of one comes with the next look. */
    read(): string[] {
      const buffer = Buffer.alloc(Math.max(0, fstatSync(fd).size - offset));
      const read = buffer.length === 0 ? 0 : readSync(fd, buffer, 0, buffer.length, offset);
      const end = buffer.subarray(0, read).lastIndexOf(0x0a) + 1;
      offset += end;
      return linesOf(buffer.subarray(0, end).toString('utf8'));
    },
  };
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
