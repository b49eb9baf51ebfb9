import { createReadStream, existsSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { checkpointFile, type CheckpointLine } from '#engine/node/child-contract';
import { BackgroundWork } from './background-work.ts';
import { CheckpointLog, nextToStore, readCheckpointLog } from './checkpoint-log.ts';
import { isDiskFull } from './disk-full.ts';
import type { Lease, NodeActivityDeps } from './ports.ts';
import { updateJournal } from './progress-reporter.ts';
import { readJournal } from './run-dir.ts';
import type { Run } from './supervisor.ts';

const IDLE_MS = 200;
const RETRY = { firstMs: 500, maxMs: 5_000 } as const;

export type CheckpointUploaderDeps = Pick<NodeActivityDeps, 'platform' | 'storageAt' | 'log'>;

/**
 * Puts a run's checkpoints into CyxCloud, encrypted with the job's model key, and tells the platform of each. Training
 * never waits for it: the files are the buffer, links are stored in order and never left out, of the others only the
 * newest. A file is removed once it is reported.
 */
export class CheckpointUploader extends BackgroundWork {
  readonly #run: Run;
  readonly #deps: CheckpointUploaderDeps;
  readonly #log: CheckpointLog;
  #lease: Lease | undefined;

  constructor(run: Run, deps: CheckpointUploaderDeps) {
    super();
    this.#run = run;
    this.#deps = deps;
    this.#log = new CheckpointLog(run.dir);
  }

  /** Fails where the platform refused for good, or a link can not be stored: the attempt can not be completed. */
  protected async work(): Promise<void> {
    const { signal } = this;
    for (let delayMs: number = RETRY.firstMs; !signal.aborted; ) {
      const isLastLook = this.draining;
      // Chosen anew each time: while the platform is away, newer ones take the place of those that are no links.
      const next = nextToStore(this.#run.dir, this.#log.lines(), readJournal(this.#run.dir).storedStep);
      if (next === undefined) {
        if (isLastLook) return;
        await sleep(IDLE_MS, undefined, { signal });
        continue;
      }
      try {
        await this.#store(next);
        delayMs = RETRY.firstMs;
      } catch (error) {
        signal.throwIfAborted();
        if (!mayPass(error)) throw error;
        // The gateway may have moved, so where it is is asked again.
        this.#lease = undefined;
        this.#deps.log.warn({ ...this.#run.key, step: next.step, err: error }, 'A checkpoint is kept until it can be stored');
        await sleep(delayMs, undefined, { signal });
        delayMs = Math.min(delayMs * 2, RETRY.maxMs);
      }
    }
  }

  async #store(line: CheckpointLine): Promise<void> {
    const { dir, key } = this.#run;
    const path = checkpointFile(dir, line.step);
    const known = readJournal(dir).uploaded;
    if (known?.step !== line.step && !existsSync(path)) return this.#isMissing(line);
    const cid = known?.step === line.step ? known.cid : await this.#upload(line, path);
    try {
      await this.#deps.platform.reportCheckpoint({ ...key, ...line, cid });
    } catch (error) {
      // Another run of the same steps gave other bits: what is no link is of no use then, and a link ends the attempt.
      if (!(error instanceof CyxError) || error.code !== 'ALREADY_EXISTS' || line.isLink) {
        if (error instanceof CyxError && error.code === 'NOT_FOUND') updateJournal(dir, { uploaded: undefined });
        throw error;
      }
      this.#deps.log.warn({ ...key, step: line.step }, 'Another checkpoint of this step is known already');
    }
    updateJournal(dir, { storedStep: line.step, uploaded: undefined });
    rmSync(path, { force: true });
  }

  async #upload(line: CheckpointLine, path: string): Promise<string> {
    const { dir, key } = this.#run;
    const { signal } = this;
    this.#lease ??= await this.#deps.platform.acquireLease(key.jobId, key.attempt);
    const { storageUrl, modelKey } = this.#lease;
    const body = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
    const { cid } = await this.#deps.storageAt(storageUrl).put(body, { key: modelKey, signal });
    updateJournal(dir, { uploaded: { step: line.step, cid } });
    return cid;
  }

  /** Reported by an activity beside this one, begun anew, or gone: a link without its file can never be reported. */
  #isMissing(line: CheckpointLine): void {
    const isOver = readJournal(this.#run.dir).storedStep >= line.step || !readCheckpointLog(this.#run.dir).some(({ step }) => step === line.step);
    if (isOver) return;
    if (line.isLink) throw new CyxError('TRAINING_FAILED', `The checkpoint of step ${line.step} is gone before it was stored`);
    updateJournal(this.#run.dir, { storedStep: line.step });
  }
}

/** Worth another try: anything but a platform that refuses for good and a disk that is full. */
function mayPass(error: unknown): boolean {
  if (isDiskFull(error)) return false;
  // A file that vanished under a second uploader, a connection that broke: the next look tells.
  if (!(error instanceof CyxError)) return true;
  // Tokens are renewed beside this. An object that the storage lost is put again.
  return error.code !== 'TRAINING_FAILED' && (error.spec.retryable || error.code === 'UNAUTHENTICATED' || error.code === 'TOKEN_EXPIRED' || error.code === 'NOT_FOUND' || error.code === 'STORAGE_CORRUPT');
}
