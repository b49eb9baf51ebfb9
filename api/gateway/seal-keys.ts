import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';
import type { KeyRing, SealKey } from './seal.ts';

const DAY_MS = 24 * 3_600_000;
/** A key seals for a week. */
export const ROTATE_AFTER_MS = 7 * DAY_MS;
/** It opens tokens for three weeks more: longer than any job's deadline. */
export const FORGET_AFTER_MS = 28 * DAY_MS;

const fileSchema = z.object({
  keys: z
    .array(
      z.object({
        id: z.string().regex(/^[0-9a-f]{8}$/),
        secretBase64: z.base64().refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes'),
        createdAtMs: z.int().min(0),
      }),
    )
    .min(1),
});
type KeyFile = z.output<typeof fileSchema>;

/**
 * Opens the key file, makes it on the first start, and rotates what is old. A file that can not be read is an error:
 * new keys in its place would orphan every task that runs.
 */
export function openKeyRing(path: string, nowMs: () => number = Date.now): KeyRing {
  let file = readOrCreate(path, nowMs());
  const key = (entry: KeyFile['keys'][number]): SealKey => ({ id: entry.id, secret: Buffer.from(entry.secretBase64, 'base64') });
  let ring = new Map(file.keys.map((entry) => [entry.id, key(entry)]));
  const refresh = (): void => {
    const rotated = rotate(file, nowMs());
    if (rotated === file) return;
    write(path, rotated);
    file = rotated;
    ring = new Map(file.keys.map((entry) => [entry.id, key(entry)]));
  };
  return {
    current() {
      refresh();
      return ring.get(file.keys.at(-1)!.id)!;
    },
    byId: (id) => ring.get(id),
  };
}

function newKey(nowMs: number): KeyFile['keys'][number] {
  return { id: randomBytes(4).toString('hex'), secretBase64: randomBytes(32).toString('base64'), createdAtMs: nowMs };
}

function rotate(file: KeyFile, nowMs: number): KeyFile {
  const newest = file.keys.at(-1)!;
  if (nowMs - newest.createdAtMs < ROTATE_AFTER_MS) return file;
  return { keys: [...file.keys.filter((entry) => nowMs - entry.createdAtMs < FORGET_AFTER_MS), newKey(nowMs)] };
}

function readOrCreate(path: string, nowMs: number): KeyFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const file: KeyFile = { keys: [newKey(nowMs)] };
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    write(path, file);
    return file;
  }
  return parseInput(fileSchema, JSON.parse(text), 'INTERNAL');
}

/** On disk before the first token is sealed with it, whole or not at all. */
function write(path: string, file: KeyFile): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const handle = openSync(temporary, 'w', 0o600);
  try {
    writeSync(handle, JSON.stringify(file, null, 2));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, path);
}
