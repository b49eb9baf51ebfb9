import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { CyxError } from '#core/errors/cyx-error';
import type { LocalnetLog } from '../options.ts';
import { createSegment, readFrameBytes, SEGMENT_MAGIC, segmentPath, writeAll, type RecordLocation } from './files.ts';
import { encodeFrame, readFrame } from './frame.ts';
import { recoverJournal, type Recovered } from './recover.ts';
import { writeSnapshot } from './snapshot.ts';

export interface JournalOptions {
  readonly dataDir: string;
  readonly log: LocalnetLog;
  readonly snapshotEveryBytes: number;
  readonly onFatal: (error: Error) => void;
}

interface Waiting {
  readonly record: unknown;
  readonly onDurable: (location: RecordLocation) => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Append-only journal with group commit. What is appended while a sync is under way goes together into the next
 * frame: one sync serves all of them, and a lone append waits for nobody.
 */
export class Journal {
  private readonly options: JournalOptions;
  private fd: number;
  private segment: number;
  private sizeBytes: number;
  private seq: number;
  private digest: Uint8Array;
  private bytesSinceSnapshot = 0;
  private snapshotBytes = 0;
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;
  private failure: CyxError | undefined;
  private takeState: (() => unknown) | undefined;

  private constructor(options: JournalOptions, recovered: Recovered) {
    this.options = options;
    this.seq = recovered.seq;
    this.digest = recovered.digest;
    this.segment = recovered.segment?.number ?? 1;
    const isNew = recovered.segment === undefined || recovered.segment.sizeBytes === 0;
    this.fd = isNew
      ? createSegment(options.dataDir, this.segment)
      : openSync(segmentPath(options.dataDir, this.segment), 'a');
    this.sizeBytes = isNew ? SEGMENT_MAGIC.length : recovered.segment.sizeBytes;
    this.bytesSinceSnapshot = this.sizeBytes;
    // A torn tail was cut, and what survived may only be in the page cache.
    fdatasyncSync(this.fd);
  }

  static open(options: JournalOptions): { journal: Journal; recovered: Recovered } {
    const recovered = recoverJournal(options.dataDir, options.log);
    return { journal: new Journal(options, recovered), recovered };
  }

  /** Who owns the state tells how to take it; until then no snapshot is taken. */
  snapshotFrom(takeState: () => unknown): void {
    this.takeState = takeState;
  }

  /** Resolves when the record is on disk. `onDurable` runs in the order of the appends, just before. */
  append(record: unknown, onDurable: (location: RecordLocation) => void): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting.push({ record, onDurable, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Reads one record back; its frame is checked again. */
  read(location: RecordLocation): unknown {
    const path = segmentPath(this.options.dataDir, location.segment);
    const result = readFrame(readFrameBytes(path, location.offset), 0);
    const record = result.kind === 'frame' ? result.frame.records[location.index] : undefined;
    if (record === undefined)
      throw new CyxError('STORAGE_CORRUPT', `${path} no longer holds what was written at byte ${location.offset}.`);
    return record;
  }

  async close(): Promise<void> {
    await this.running;
    this.failure ??= new CyxError('UNAVAILABLE', 'The localnet is stopping.');
    closeSync(this.fd);
  }

  private async run(): Promise<void> {
    // Lets everything that arrived in this turn of the event loop share the first frame.
    await Promise.resolve();
    while (this.waiting.length > 0 && this.failure === undefined) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.commit(batch);
      } catch (error) {
        this.fail(error as Error, batch);
      }
    }
    this.running = undefined;
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    const { bytes, digest } = encodeFrame(
      this.seq + 1,
      this.digest,
      batch.map((item) => item.record),
    );
    const offset = this.sizeBytes;
    writeAll(this.fd, bytes);
    await new Promise<void>((resolve, reject) => fdatasync(this.fd, (error) => (error ? reject(error) : resolve())));
    this.seq += 1;
    this.digest = digest;
    this.sizeBytes += bytes.length;
    this.bytesSinceSnapshot += bytes.length;
    batch.forEach((item, index) => item.onDurable({ segment: this.segment, offset, index }));
    for (const item of batch) item.resolve();
    // A snapshot costs as much as the chain is large, so a large chain takes one less often.
    if (this.bytesSinceSnapshot >= Math.max(this.options.snapshotEveryBytes, this.snapshotBytes)) this.snapshot();
  }

  /** At a frame boundary the durable state is exactly the state after `seq`. */
  private snapshot(): void {
    if (this.takeState === undefined) return;
    const startedMs = performance.now();
    const nextSegment = this.segment + 1;
    const nextFd = createSegment(this.options.dataDir, nextSegment);
    const state = { seq: this.seq, digest: this.digest, nextSegment, state: this.takeState() };
    const sizeBytes = writeSnapshot(this.options.dataDir, state);
    closeSync(this.fd);
    this.fd = nextFd;
    this.segment = nextSegment;
    this.sizeBytes = SEGMENT_MAGIC.length;
    this.bytesSinceSnapshot = 0;
    this.snapshotBytes = sizeBytes;
    this.options.log('journal.snapshot', {
      seq: this.seq,
      sizeBytes,
      tookMs: Math.round(performance.now() - startedMs),
    });
  }

  /**
   * After a failed write or sync nobody can say what the disk holds, and the state in memory is ahead of it: nothing
   * more is accepted, and the process has to start again from the disk.
   */
  private fail(error: Error, batch: readonly Waiting[]): void {
    this.failure = new CyxError('UNAVAILABLE', `The localnet cannot write its journal: ${error.message}`, {
      cause: error,
    });
    for (const item of [...batch, ...this.waiting]) item.reject(this.failure);
    this.waiting = [];
    this.options.onFatal(this.failure);
  }
}
