import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { StakeLook, UnstakingActivities } from '#activities/platform/contract';
import { baseFromString, formatCyxwiz } from '#core/money/amount';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { CHAIN } from '#temporal/contract/retry';
import { untilDone } from '../until-done.ts';
import {
  beginUnstakingUpdate,
  cancelUnstakingUpdate,
  type UnstakingInput,
  type UnstakingResult,
  type UnstakingStatus,
  unstakingStatusQuery,
  type UnstakingStep,
} from './messages.ts';

const chain = proxyActivities<UnstakingActivities>({ ...CHAIN, taskQueue: PLATFORM_QUEUE });

/** The stake is looked at once a day: so the wait goes by the chain's clock, and shows what a slash has left. */
const LOOK_EVERY_MS = 24 * 3_600_000;
/** Jobs that are open at the end of the lock: most end within minutes, few within hours. */
const JOBS_POLL_MS = 60_000;
const MAX_JOBS_POLL_MS = 1_800_000;

/**
 * Lock on chain → 7 days by the chain's clock → no open job → everything that is left to the owner. The chain refuses new
 * jobs from the first step on and the withdrawal before the last one, so this workflow only keeps the order and the time.
 */
export async function unstakingWorkflow(input: UnstakingInput): Promise<UnstakingResult> {
  const unstaking = new Unstaking(input);
  await unstaking.begin();
  let look: StakeLook | null = null;
  try {
    look = await unstaking.untilFree();
  } catch (error) {
    // An operator who cancels the workflow takes the unstaking back: the lock must not stay with nobody who waits for it.
    if (!isCancellation(error)) throw error;
  }
  return CancellationScope.nonCancellable(async () => {
    const result = look === null ? await unstaking.takeBack() : await unstaking.withdraw(look);
    await condition(allHandlersFinished);
    return result;
  });
}

class Unstaking {
  private readonly input: UnstakingInput;
  private step: UnstakingStep = 'beginning';
  private look: StakeLook | undefined;
  private availableAtMs: number | null = null;
  private refusal: Error | undefined;
  private cancelWanted = false;

  constructor(input: UnstakingInput) {
    this.input = input;
    setHandler(unstakingStatusQuery, () => this.status);
    setHandler(beginUnstakingUpdate, async () => {
      await condition(() => this.step !== 'beginning');
      if (this.refusal !== undefined) throw this.refusal;
      return this.status;
    });
    setHandler(
      cancelUnstakingUpdate,
      async () => {
        this.cancelWanted = true;
        await condition(() => this.step === 'cancelled' || this.step === 'refused');
        return this.status;
      },
      { validator: () => this.validateCancel() },
    );
  }

  /** Where the chain or the rules say no, whoever began it hears why, and it is over. */
  async begin(): Promise<void> {
    setCurrentDetails('locking the stake on chain');
    try {
      // Not left half-way: a lock that has landed must have somebody who waits for its end.
      const begun = CancellationScope.nonCancellable(() => chain.beginUnstake.executeWithOptions({ ...CHAIN, taskQueue: PLATFORM_QUEUE, summary: 'lock the stake for 7 days' }, [this.input]));
      this.see(await begun);
      this.enter('locked');
    } catch (error) {
      this.refusal = refusalOf(error);
      this.enter('refused');
      await condition(allHandlersFinished);
      throw this.refusal;
    }
  }

  /** What is to be withdrawn, once it may be; null where the unstaking is taken back. */
  async untilFree(): Promise<StakeLook | null> {
    for (let pollMs = JOBS_POLL_MS; ; ) {
      const look = await chain.lookAtStake({ nodeId: this.input.nodeId });
      this.see(look);
      if (this.cancelWanted || !look.isUnstaking) return null;
      if (look.secondsLeft === 0 && look.openJobs === 0) {
        // From here on nothing is taken back: entered at once, with no wait in between.
        this.enter('withdrawing');
        return look;
      }
      this.enter(look.secondsLeft > 0 ? 'locked' : 'waitingForJobs');
      const waitMs = look.secondsLeft > 0 ? Math.min(look.secondsLeft * 1000, LOOK_EVERY_MS) : pollMs;
      if (look.secondsLeft === 0) pollMs = Math.min(pollMs * 2, MAX_JOBS_POLL_MS);
      await condition(() => this.cancelWanted, waitMs, { summary: look.secondsLeft > 0 ? 'the stake is locked for 7 days' : 'open jobs and their verdicts' });
    }
  }

  async withdraw({ stakeBase }: StakeLook): Promise<UnstakingResult> {
    const { nodeId, requestId } = this.input;
    const withdrawn = await untilDone('withdraw the stake', () => chain.withdrawUnstake({ nodeId, requestId, countedBase: stakeBase }));
    this.enter('withdrawn', `${cyxwiz(withdrawn.withdrawnBase)} CYXWIZ went to the owner`);
    return { nodeId, outcome: 'withdrawn', ...withdrawn };
  }

  async takeBack(): Promise<UnstakingResult> {
    const { nodeId, requestId } = this.input;
    this.enter('cancelling');
    await untilDone('take the unstaking back', () => chain.cancelUnstake({ nodeId, requestId }));
    this.enter('cancelled', 'the node takes jobs again');
    return { nodeId, outcome: 'cancelled', withdrawnBase: '0', signature: '' };
  }

  private get status(): UnstakingStatus {
    return { step: this.step, stakeBase: this.look?.stakeBase ?? '0', availableAtMs: this.availableAtMs, openJobs: this.look?.openJobs ?? 0 };
  }

  private see(look: StakeLook): void {
    this.look = look;
    // Set with the first look and kept: looked at later, the chain's clock differs from ours by another moment.
    if (look.isUnstaking && look.secondsLeft > 0) this.availableAtMs ??= Date.now() + look.secondsLeft * 1000;
  }

  private enter(step: UnstakingStep, words = this.waitsFor(step)): void {
    this.step = step;
    setCurrentDetails(`**${step}** ${words}`);
  }

  private waitsFor(step: UnstakingStep): string {
    const left = `${cyxwiz(this.look?.stakeBase ?? '0')} CYXWIZ`;
    if (step === 'locked') return `${left} until ${new Date(this.availableAtMs ?? Date.now()).toISOString()}; no new jobs, and a slash still counts`;
    if (step === 'waitingForJobs') return `${left}; ${this.look?.openJobs ?? 0} open job(s) need their outcome first`;
    return step === 'refused' ? (this.refusal?.message ?? '') : left;
  }

  private validateCancel(): void {
    if (this.cancelWanted || ['beginning', 'locked', 'waitingForJobs'].includes(this.step)) return;
    throw ApplicationFailure.create({
      type: 'STATE_CONFLICT',
      message: 'The stake is on its way to your wallet already, so the unstaking can not be cancelled any more. Add the stake again to go on.',
      nonRetryable: true,
    });
  }
}

function cyxwiz(base: string): string {
  return formatCyxwiz(baseFromString(base));
}

/** What the activity said, without what Temporal puts around it. */
function refusalOf(error: unknown): Error {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof Error ? cause : new Error(String(cause));
}
