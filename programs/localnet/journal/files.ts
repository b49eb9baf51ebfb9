import { closeSync, fsyncSync, openSync, readdirSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_HEADER_BYTES, frameBytes } from './frame.ts';

/** Where a record lies: its frame, and its place within that frame. */
export interface RecordLocation {
  readonly segment: number;
  readonly offset: number;
  readonly index: number;
}

export const SEGMENT_MAGIC = Buffer.from('CXLNJR01', 'latin1');
export const SNAPSHOT_FILE = 'snapshot.bin';

export function segmentPath(dataDir: string, segment: number): string {
  return join(dataDir, `journal-${String(segment).padStart(8, '0')}.bin`);
}

/** Numbers of the segments there are, ascending. */
export function listSegments(dataDir: string): number[] {
  return readdirSync(dataDir)
    .flatMap((name) => /^journal-(\d{8})\.bin$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** A new segment with its header on disk, so that a later frame can be the only torn thing in it. */
export function createSegment(dataDir: string, segment: number): number {
  const fd = openSync(segmentPath(dataDir, segment), 'w+', 0o600);
  writeAll(fd, SEGMENT_MAGIC);
  fsyncSync(fd);
  syncDirectory(dataDir);
  return fd;
}

/** Whole contents or the old file: written beside, synced, renamed, directory synced. */
export function replaceFile(dataDir: string, name: string, chunks: readonly Uint8Array[]): void {
  const temporary = join(dataDir, `${name}.tmp`);
  const fd = openSync(temporary, 'w', 0o600);
  try {
    for (const chunk of chunks) writeAll(fd, chunk);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, join(dataDir, name));
  syncDirectory(dataDir);
}

export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at);
}

/** The bytes of one frame, however large its segment; fewer where the file ends before it does. */
export function readFrameBytes(path: string, offset: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const head = readAt(fd, FRAME_HEADER_BYTES, offset);
    return head.length < FRAME_HEADER_BYTES ? head : readAt(fd, frameBytes(head), offset);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, sizeBytes: number, offset: number): Buffer {
  const buffer = Buffer.alloc(sizeBytes);
  return buffer.subarray(0, readSync(fd, buffer, 0, sizeBytes, offset));
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
