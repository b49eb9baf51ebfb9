import {
  ApplicationFailure,
  CancellationScope,
  proxyLocalActivities,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { JobActivities, OpinionBookActivities, RecordedState } from '#activities/platform/contract';
import type { JobEndReason } from '#core/job/end-reason';
import type { StopReason } from '#core/job/ending';
import { isTerminal, type JobEvent, type JobState, transition } from '#core/job/machine';
import { DATABASE } from '#temporal/contract/retry';
import { JOB_STATE, NODE_ID } from '#temporal/contract/search-attributes';
import type { SubmitJobInput, TrainingJobStatus } from './messages.ts';

export const database = proxyLocalActivities<JobActivities & OpinionBookActivities>(DATABASE);

/** What one job's workflow knows about itself. The state only changes through `move`. */
export class JobProcess {
  state: JobState = 'CREATED';
  attempt = 0;
  nodeId: string | null = null;
  waitingFor = '';
  submission: SubmitJobInput | undefined;
  stopReason: StopReason | undefined;
  /** Set once the payment is being released: from then on the job can no longer be stopped. */
  settling = false;
  /** The node handed in its result: from then on the deadline is met, and only the verdict's own time limit counts. */
  delivered = false;
  /** An attempt that is assigned on chain and has no outcome yet. */
  openAttempt: number | undefined;
  /** A node was given the job at least once. */
  everAssigned = false;
  /** Set at the start and then for good: a job that began before re-execution was there ends without it. */
  reexecutes = false;
  /** How the job had ended before this run, where it had. */
  endedBefore: RecordedState | undefined;
  private readonly work = new CancellationScope();

  constructor(readonly jobId: string) {}

  get status(): TrainingJobStatus {
    return { state: this.state, attempt: this.attempt, nodeId: this.nodeId, waitingFor: this.waitingFor };
  }

  submit(submission: SubmitJobInput): void {
    this.submission = submission;
    this.state = transition(this.state, 'submit');
  }

  /** The first reason to stop wins; a job that is being paid for goes on. */
  stop(reason: StopReason): void {
    if (this.settling || this.stopReason !== undefined) return;
    if (reason === 'DEADLINE_PASSED' && this.delivered) return;
    this.stopReason = reason;
    this.work.cancel();
  }

  /** Runs `body` until it ends, the job is stopped or its deadline passes. */
  async untilStopped<T>(deadlineAtMs: number, body: () => Promise<T>): Promise<T> {
    const timer = new CancellationScope();
    void timer
      .run(async () => {
        await sleep(Math.max(1, deadlineAtMs - Date.now()));
        this.stop('DEADLINE_PASSED');
      })
      .catch(() => undefined); // cancelled below, once the job ended by itself
    try {
      return await this.work.run(body);
    } finally {
      timer.cancel();
    }
  }

  /**
   * One transition, in the workflow, in its search attributes and in the projection. Where the projection says that the
   * job ended otherwise before (somebody reset this run), that stands: the job takes that end, and whatever else the run
   * was about to do is cut short.
   */
  async move(event: Exclude<JobEvent, 'submit'>, patch: { nodeId?: string; endReason?: JobEndReason } = {}): Promise<void> {
    this.state = transition(this.state, event);
    const isEnding = isTerminal(this.state);
    if (patch.nodeId !== undefined) this.nodeId = patch.nodeId;
    this.show();
    const recorded = await database.recordTransition({
      jobId: this.jobId,
      event,
      key: `${event}:${this.attempt}`,
      patch: { ...patch, attempt: this.attempt, waitingFor: this.waitingFor },
    });
    if (!isTerminal(recorded.state) || recorded.state === this.state) return;
    this.endedBefore = recorded;
    this.state = recorded.state;
    this.waitingFor = '';
    this.show();
    if (!isEnding) throw ApplicationFailure.nonRetryable(`The job has been ${this.state} since an earlier run`, 'STATE_CONFLICT');
  }

  private show(): void {
    upsertSearchAttributes([
      { key: JOB_STATE, value: this.state },
      ...(this.nodeId === null ? [] : [{ key: NODE_ID, value: this.nodeId }]),
    ]);
    setCurrentDetails(`**${this.state}**, attempt ${this.attempt}. ${this.waitingFor}`);
  }
}
