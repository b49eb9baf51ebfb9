import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { StoragePort } from './ports.ts';

export interface Download {
  readonly cid: string;
  readonly key: Uint8Array;
  readonly file: string;
  readonly signal: AbortSignal;
}

/** Streams and decrypts; a file under its final name is whole and authenticated. */
export async function download(storage: StoragePort, { cid, key, file, signal }: Download): Promise<void> {
  const partial = `${file}.loading`;
  try {
    const stream = await storage.get(cid, key, { signal });
    await pipeline(Readable.fromWeb(stream as NodeReadableStream<Uint8Array>), createWriteStream(partial, { mode: 0o600 }), { signal });
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}
