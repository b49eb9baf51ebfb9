import { statfsSync } from 'node:fs';
import { CyxError } from '#core/errors/cyx-error';

/** Less than this, and nothing more can be written to speak of. */
const FULL_BELOW_BYTES = 256 * 1024;

/** Somebody else met the full disk, and only the traces of it are left. */
export class DiskFullError extends Error {
  readonly code = 'ENOSPC';
}

/** Whether something failed because a disk is full. */
export function isDiskFull(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  }
  return false;
}

/**
 * The same of a training process, which tells its reason in words, or, where the disk was too full even for that, not at
 * all.
 */
export function diedOfFullDisk(error: unknown, workDir: string): boolean {
  if (isDiskFull(error)) return true;
  if (!(error instanceof CyxError) || error.code !== 'TRAINING_FAILED') return false;
  if (/\b(ENOSPC|EDQUOT)\b/.test(error.message)) return true;
  const { bavail, bsize } = statfsSync(workDir);
  return bavail * bsize < FULL_BELOW_BYTES;
}
