import { CyxError } from '#core/errors/cyx-error';
import type { ErrorCode } from '#core/errors/table';
import type { CheckpointReport, CompletionReport, Lease, PlatformPort, ProgressReport } from '../ports.ts';

/**
 * Stands at the far end of NodeService, which is another process and can be away: it hands out one lease, writes down
 * what a node says, and answers with whatever error a test wants. The real service is met in the whole-system tests.
 */
export class RecordingPlatform implements PlatformPort {
  readonly claims: { jobId: string; refusal: string | undefined }[] = [];
  readonly progress: ProgressReport[] = [];
  readonly checkpoints: CheckpointReport[] = [];
  readonly completions: CompletionReport[] = [];
  failWith: ErrorCode | undefined;
  leaseOf: (jobId: string, resumeBeforeStep?: number) => Lease;

  constructor(leaseOf: RecordingPlatform['leaseOf']) {
    this.leaseOf = leaseOf;
  }

  async claimJob(jobId: string, _attempt: number, refusal?: string): Promise<{ granted: boolean; reason: string }> {
    await this.#arrive();
    this.claims.push({ jobId, refusal });
    return { granted: refusal === undefined, reason: refusal ?? '' };
  }

  async acquireLease(jobId: string, _attempt: number, resumeBeforeStep?: number): Promise<Lease> {
    await this.#arrive();
    return this.leaseOf(jobId, resumeBeforeStep);
  }

  async reportProgress(report: ProgressReport): Promise<void> {
    await this.#arrive();
    this.progress.push(report);
  }

  async reportCheckpoint(report: CheckpointReport): Promise<void> {
    await this.#arrive();
    this.checkpoints.push(report);
  }

  async reportCompletion(report: CompletionReport): Promise<void> {
    await this.#arrive();
    this.completions.push(report);
  }

  async #arrive(): Promise<void> {
    await Promise.resolve();
    if (this.failWith !== undefined) throw new CyxError(this.failWith, `The test answers ${this.failWith}`);
  }
}
