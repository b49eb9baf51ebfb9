import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Opinions on the same job come soon after each other; more than these would only fill the disk. */
const DATASETS_KEPT = 2;

/** Decrypted datasets, one a job, the last used ones. For one opinion at a time. */
export interface DatasetCache {
  /** The job's file; `fetch` puts it under the given path where it is not there yet. */
  file(jobId: string, fetch: (path: string) => Promise<void>): Promise<string>;
}

export function createDatasetCache(folder: string): DatasetCache {
  const files = new Map<string, string>();
  let emptied: Promise<unknown> | undefined;
  return {
    file: async (jobId, fetch) => {
      // What an earlier process left is neither known nor trusted.
      await (emptied ??= rm(folder, { recursive: true, force: true }).then(() => mkdir(folder, { recursive: true, mode: 0o700 })));
      const path = files.get(jobId) ?? join(folder, `${jobId}.safetensors`);
      if (!files.has(jobId)) await fetch(path);
      files.delete(jobId);
      files.set(jobId, path);
      for (const [oldest, oldPath] of files) {
        if (files.size <= DATASETS_KEPT) break;
        files.delete(oldest);
        await rm(oldPath, { force: true });
      }
      return path;
    },
  };
}
