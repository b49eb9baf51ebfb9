import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { CyxError } from '#core/errors/cyx-error';
import { replaceFile, SNAPSHOT_FILE } from './files.ts';

/** The chain as it was after frame `seq`; segments from `nextSegment` on hold what came later. */
export interface Snapshot {
  readonly seq: number;
  readonly digest: Uint8Array;
  readonly nextSegment: number;
  readonly state: unknown;
}

const MAGIC = Buffer.from('CXLNSN01', 'latin1');
const DIGEST_BYTES = 32;

export function writeSnapshot(dataDir: string, snapshot: Snapshot): number {
  const body = serialize(snapshot);
  replaceFile(dataDir, SNAPSHOT_FILE, [MAGIC, createHash('sha256').update(body).digest(), body]);
  return body.length;
}

/** The snapshot there is, or undefined. It was renamed into place whole, so damage is never a crash's doing. */
export function readSnapshot(dataDir: string): Snapshot | undefined {
  const path = join(dataDir, SNAPSHOT_FILE);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const head = MAGIC.length + DIGEST_BYTES;
  const body = bytes.subarray(head);
  const isWhole =
    bytes.subarray(0, MAGIC.length).equals(MAGIC) &&
    createHash('sha256').update(body).digest().equals(bytes.subarray(MAGIC.length, head));
  if (!isWhole)
    throw new CyxError(
      'STORAGE_CORRUPT',
      `${path} is damaged. Move it away: the next start rebuilds it from the journal segments beside it.`,
    );
  return deserialize(body) as Snapshot;
}
