import { readFileSync, truncateSync } from 'node:fs';
import { CyxError } from '#core/errors/cyx-error';
import type { LocalnetLog } from '../options.ts';
import { FIRST_DIGEST, previousDigestOf, readFrame } from './frame.ts';
import { listSegments, SEGMENT_MAGIC, segmentPath, type RecordLocation } from './files.ts';
import { readSnapshot } from './snapshot.ts';

export interface Recovered {
  readonly state: unknown;
  /** Records after the snapshot, oldest first. */
  readonly records: readonly { readonly record: unknown; readonly location: RecordLocation }[];
  readonly seq: number;
  readonly digest: Uint8Array;
  /** The segment to go on writing; undefined in an empty directory. */
  readonly segment: { readonly number: number; readonly sizeBytes: number } | undefined;
}

interface Cursor {
  seq: number;
  digest: Uint8Array;
  records: { record: unknown; location: RecordLocation }[];
}

/**
 * Reads snapshot and segments. A torn last frame was never acknowledged and is cut off; anything else that is not
 * exactly what was written stops the start, because a chain with a hole in it is worse than none.
 */
export function recoverJournal(dataDir: string, log: LocalnetLog): Recovered {
  const snapshot = readSnapshot(dataDir);
  const segments = listSegments(dataDir);
  const firstNeeded = snapshot?.nextSegment ?? 1;
  const replay = segments.filter((segment) => segment >= firstNeeded);
  if (snapshot !== undefined || segments.length > 0) checkComplete(dataDir, replay, firstNeeded);
  const cursor: Cursor = { seq: snapshot?.seq ?? 0, digest: snapshot?.digest ?? FIRST_DIGEST, records: [] };
  let last: Recovered['segment'];
  for (const segment of replay) {
    const isLast = segment === replay[replay.length - 1];
    last = { number: segment, sizeBytes: replaySegment(dataDir, segment, isLast, cursor, log) };
  }
  return { state: snapshot?.state, records: cursor.records, seq: cursor.seq, digest: cursor.digest, segment: last };
}

function checkComplete(dataDir: string, replay: readonly number[], firstNeeded: number): void {
  const gap = replay.findIndex((segment, index) => segment !== firstNeeded + index);
  if (replay.length > 0 && gap < 0) return;
  const missing = segmentPath(dataDir, firstNeeded + Math.max(gap, 0));
  throw new CyxError('STORAGE_CORRUPT', `The journal is incomplete: ${missing} is missing.`);
}

/** Replays one segment; returns its size after a torn tail was cut. */
function replaySegment(dataDir: string, segment: number, isLast: boolean, cursor: Cursor, log: LocalnetLog): number {
  const path = segmentPath(dataDir, segment);
  const bytes = readFileSync(path);
  if (bytes.length < SEGMENT_MAGIC.length && isLast) {
    // Died while the file was being made: the header is written again by the caller.
    truncateSync(path, 0);
    return 0;
  }
  if (!bytes.subarray(0, SEGMENT_MAGIC.length).equals(SEGMENT_MAGIC))
    throw corrupt(path, 0, 'the file header is damaged');
  let offset = SEGMENT_MAGIC.length;
  for (;;) {
    const read = readFrame(bytes, offset);
    if (read.kind === 'end') return offset;
    if (read.kind === 'torn' && isLast) {
      log('journal.tornTail', { path, offset, droppedBytes: bytes.length - offset });
      truncateSync(path, offset);
      return offset;
    }
    if (read.kind === 'torn') throw corrupt(path, offset, 'a frame is cut off although later segments exist');
    if (read.kind === 'corrupt') throw corrupt(path, offset, read.why);
    const { frame } = read;
    if (frame.seq !== cursor.seq + 1 || !Buffer.from(cursor.digest).equals(previousDigestOf(bytes, offset)))
      throw corrupt(path, offset, `frame ${frame.seq} does not follow frame ${cursor.seq}`);
    for (const [index, record] of frame.records.entries())
      cursor.records.push({ record, location: { segment, offset, index } });
    cursor.seq = frame.seq;
    cursor.digest = frame.digest;
    offset = frame.endOffset;
  }
}

function corrupt(path: string, offset: number, why: string): CyxError {
  return new CyxError(
    'STORAGE_CORRUPT',
    `The localnet's journal ${path} is damaged at byte ${offset}: ${why}. It will not start on it; restore the file, or move the whole data directory away to begin a new chain.`,
  );
}
