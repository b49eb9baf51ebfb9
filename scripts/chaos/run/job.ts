import { randomUUID } from 'node:crypto';
import { jobIdFor } from '#api/services/specification';
import { CyxError } from '#core/errors/cyx-error';
import type { Arena } from '../arena/arena.ts';
import type { ChaosNode } from '../arena/node.ts';
import type { SmallDisk } from '../arena/small-disk.ts';
import { inject } from '../faults/inject.ts';
import { describeJob, type PlannedJob } from '../plan/plan.ts';
import type { Trouble } from '../plan/trouble.ts';
import { hasEnded, stateOf, type JobRecord } from './record.ts';
import { persistently } from './until.ts';

/** I5: a job may take this long beyond its deadline, with everything that happens to it. */
export const GRACE_MS = 90_000;
/** The platform may be down or busy with another fault when a job is to be submitted. */
const SUBMIT_WITHIN_MS = 120_000;

interface Tools {
  readonly arena: Arena;
  readonly say: (line: string) => void;
  /** Told once the platform has acknowledged the job. */
  readonly onSubmitted?: (record: JobRecord) => void;
}

/** Submits a planned job as its user would, lets its troubles happen, and follows it to its end. */
export async function runJob({ arena, say, onSubmitted }: Tools, plan: PlannedJob): Promise<JobRecord> {
  const user = arena.users[plan.user]!;
  const requestId = randomUUID();
  const jobId = jobIdFor(user.userId, requestId);
  const { node, disk } = await nodeFor(arena, plan);
  // Nobody else may take the job before its liar does.
  if (node !== undefined) arena.reserve(jobId, node.name);
  const record: JobRecord = {
    plan,
    user,
    specification: user.specification(plan.shape),
    requestId,
    jobId,
    liar: node?.lie == null ? undefined : node,
    amountBase: 0n,
    deadlineAtMs: 0,
    acknowledgedAtMs: undefined,
    updates: [],
    kills: [],
    missed: [],
    broken: [],
    lateNodes: new Set(),
    endedAtMs: undefined,
    final: undefined,
  };
  try {
    const submitOnceMore = await submit(arena, record);
    say(`${describeJob(plan)}: submitted as ${jobId}`);
    onSubmitted?.(record);
    const injections = plan.troubles.map((trouble) => inject(trouble, { arena, record, disk, say }));
    await follow(record);
    if (hasTrouble(plan, 'reordered')) await submitOnceMore();
    const results = await Promise.allSettled(injections);
    for (const result of results) if (result.status === 'rejected') record.broken.push(`its trouble could not be made: ${String(result.reason)}`);
    record.final = await persistently(() => user.client.status(jobId), 60_000);
    say(`${describeJob(plan)}: ${record.final.state}${record.final.endReason === null ? '' : ` (${record.final.endReason})`}, attempt ${record.final.attempt}`);
  } catch (error) {
    record.broken.push(error instanceof Error ? error.message : String(error));
    say(`${describeJob(plan)}: ${record.broken.at(-1)}`);
  } finally {
    arena.unreserve(jobId);
    if (node !== undefined) await arena.retire(node);
  }
  return record;
}

/** A liar or a node with a small disk, where the job is meant for one. */
async function nodeFor(arena: Arena, { troubles }: PlannedJob): Promise<{ node?: ChaosNode; disk?: SmallDisk }> {
  for (const trouble of troubles) {
    if (trouble.kind === 'lie') return { node: await arena.addNode(trouble.lie) };
    if (trouble.kind === 'full-disk') return arena.addSmallNode();
  }
  return {};
}

function hasTrouble({ troubles }: PlannedJob, wanted: Trouble['kind']): boolean {
  return troubles.some(({ kind }) => kind === wanted);
}

/** @returns what sends the very same submission once more. */
async function submit(arena: Arena, record: JobRecord): Promise<() => Promise<void>> {
  const { user, specification, requestId, plan } = record;
  const { client } = user;
  // Where every node is down for a moment, that passes too.
  const quote = await persistently(() => client.quote(specification), SUBMIT_WITHIN_MS, ({ code }) => code === 'NO_CAPABLE_NODE');
  record.amountBase = quote.amountBase;
  const input = { requestId, quoteId: quote.quoteId, specification, budgetBase: quote.amountBase };
  const once = () => persistently(() => client.submit(input), SUBMIT_WITHIN_MS, ({ code }) => code === 'NO_CAPABLE_NODE');
  const isReordered = hasTrouble(plan, 'reordered');
  if (isReordered) await cancelUnheardOf(record);
  const isRepeated = hasTrouble(plan, 'repeat-submit');
  const check = ({ jobId }: { readonly jobId: string }): void => {
    if (jobId !== record.jobId) record.broken.push(`one request id became another job, ${jobId}`);
  };
  const early = isReordered ? client.cancel(record.jobId).catch((error: unknown) => error) : undefined;
  const answers = await Promise.all(Array.from({ length: isRepeated ? 4 : 1 }, once));
  await early;
  record.acknowledgedAtMs = Date.now();
  record.deadlineAtMs = record.acknowledgedAtMs + specification.deadlineMs;
  answers.forEach(check);
  if (isRepeated) await tryAsStranger(arena, record);
  return async () => check(await once());
}

/** A cancellation that overtook its submission finds nothing, and leaves nothing that the submission would trip over. */
async function cancelUnheardOf({ user, jobId, broken }: JobRecord): Promise<void> {
  const answer = await persistently(() => user.client.cancel(jobId), 60_000).catch((error: unknown) => error);
  if (!(answer instanceof CyxError && answer.code === 'NOT_FOUND')) broken.push(`a job that was never submitted could be cancelled: ${String(answer)}`);
}

/** I6: who does not own the job can neither see nor stop it. */
async function tryAsStranger(arena: Arena, record: JobRecord): Promise<void> {
  const stranger = arena.users.find(({ userId }) => userId !== record.user.userId);
  if (stranger === undefined) return;
  const answer = await persistently(() => stranger.client.cancel(record.jobId), 60_000).catch((error: unknown) => error);
  const isRefused = answer instanceof CyxError && ['FORBIDDEN', 'NOT_FOUND'].includes(answer.code);
  if (!isRefused) record.broken.push(`a stranger's cancellation was not refused: ${String(answer)}`);
}

async function follow(record: JobRecord): Promise<void> {
  const { client } = record.user;
  const giveUp = AbortSignal.timeout(Math.max(0, record.deadlineAtMs - Date.now()) + GRACE_MS);
  try {
    for await (const update of client.follow(record.jobId, { signal: giveUp })) record.updates.push(update);
  } catch (error) {
    if (!giveUp.aborted) throw error;
  }
  if (!hasEnded(record)) throw new Error(`it is still ${stateOf(record) ?? 'unheard of'}, ${GRACE_MS / 1000} s after its deadline`);
  record.endedAtMs = Date.now();
}
