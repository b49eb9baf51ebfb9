import { setTimeout as sleep } from 'node:timers/promises';
import { readChildInfo, readProgress } from '#engine/node/child-contract';
import { openArena, type Arena } from '../arena/arena.ts';
import { holderOf } from '../faults/inject.ts';
import { createRandom } from '../plan/random.ts';
import type { Broken } from '../report.ts';
import { runJob } from '../run/job.ts';
import { shareTrained, type JobRecord } from '../run/record.ts';
import { until } from '../run/until.ts';
import { checkAll, shapeFor, type ProofOptions, type ProofReport } from './shared.ts';

/** The training is still going when Temporal is back. */
const LONGER_BY_SECONDS = 30;
const TRAINS_WITHIN_MS = 90_000;

interface Seen {
  /** The run's directory on its node's disk. */
  readonly dir: string;
  readonly startedAt: string | undefined;
  readonly stepsDuring: number;
}

/** Temporal is dead for minutes: the training process neither ends nor starts again, and the job completes. */
export async function proveTemporalOutage({ seed, seconds, say }: ProofOptions): Promise<ProofReport & Readonly<Record<string, unknown>>> {
  const arena = await openArena({ users: 1, nodes: 1, random: createRandom(seed), log: say });
  try {
    const shape = shapeFor(arena, seconds + LONGER_BY_SECONDS, seed);
    let watching: Promise<Seen> | undefined;
    const onSubmitted = (record: JobRecord): void => void (watching = outage(arena, record, seconds, say));
    const record = await runJob({ arena, say, onSubmitted }, { number: 1, user: 0, shape, troubles: [] });
    const seen = await watching;
    const { facts, broken: found } = await checkAll(arena, [record]);
    const broken: Broken[] = [...found];
    const complain = (why: string): void => void broken.push({ invariant: 'resume', jobId: record.jobId, why });
    if (seen === undefined) throw new Error('The job was never submitted, so there was no outage');
    // The child writes at each of its starts who it is.
    const lastStartedAt = readChildInfo(seen.dir)?.startedAt;
    const restarts = Number(seen.startedAt === undefined || lastStartedAt !== seen.startedAt);
    if (restarts > 0) complain(`the training process of ${seen.startedAt ?? 'never'} was started again at ${lastStartedAt ?? 'never'}`);
    if (seen.stepsDuring === 0) complain('no step was done while Temporal was away');
    if (record.final?.state !== 'COMPLETED') complain(`it is ${record.final?.state ?? 'unknown'}`);
    const attempts = facts[0]?.attempts.length ?? 0;
    if (attempts !== 1) complain(`it took ${attempts} attempts`);
    return { proof: 'temporal-outage', seed, seconds, restartsOfTraining: restarts, stepsDuring: seen.stepsDuring, state: record.final?.state, attempts, ok: broken.length === 0, broken };
  } finally {
    await arena.remove();
  }
}

async function outage(arena: Arena, record: JobRecord, seconds: number, say: (line: string) => void): Promise<Seen> {
  if (!(await until(() => shareTrained(record) > 0, TRAINS_WITHIN_MS))) throw new Error('The training did not begin');
  const holder = await holderOf({ arena, record });
  if (holder === undefined) throw new Error('Nobody holds the job that is training');
  const dir = holder.node.runDir(record.jobId, holder.attempt);
  const stepNow = (): number => readProgress(dir).at(-1)?.step ?? 0;
  const [startedAt, stepBefore] = [readChildInfo(dir)?.startedAt, stepNow()];
  say(`Temporal is killed for ${seconds} s at step ${stepBefore}`);
  arena.platform.kill('temporal', seconds * 1_000);
  await sleep(seconds * 1_000);
  const stepsDuring = stepNow() - stepBefore;
  await until(() => arena.platform.isUp('temporal'), 60_000);
  say(`Temporal is back; ${stepsDuring} steps were done meanwhile`);
  return { dir, startedAt, stepsDuring };
}
