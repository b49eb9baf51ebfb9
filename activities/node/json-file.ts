import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';

/** Whole or not at all, and on disk when it returns: a node is switched off without asking. */
export function writeJson(path: string, value: unknown): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const handle = openSync(temporary, 'w', 0o600);
  try {
    writeSync(handle, JSON.stringify(value));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
}

/** Undefined where there is no such file; a file that is there and not right is an error. */
export function readJson<T extends z.ZodType>(path: string, schema: T): z.output<T> | undefined {
  return existsSync(path) ? parseInput(schema, JSON.parse(readFileSync(path, 'utf8')), 'TRAINING_FAILED') : undefined;
}
