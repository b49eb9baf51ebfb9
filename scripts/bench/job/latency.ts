import { type Result, row, type Say } from '../report.ts';
import { alternate, median, type Pair, pairedRatio, quantile, spreadOf } from '../statistics.ts';
import type { Bare } from './bare.ts';
import type { Started } from './noop-nodes.ts';
import { type JobParts, noopSpecification, prepareSubmit } from './platform.ts';
import { activityTimesMs, STEPS_BEFORE_START, type Submission, sumOf } from './submission.ts';

const GOAL_P50_MS = 8;
const GOAL_P99_MS = 30;
const GOAL_START_RATIO = 1.3;
/** Connections, caches and compilers come to rest before anything counts. */
const WARM_UP_PAIRS = 5;

/** One submission's times, ms. */
interface Timing {
  readonly acknowledgement: number;
  /** From the submission to the beginning of `startTraining` on the node. */
  readonly toStart: number;
  /** The part of it in which the steps before the start ran. */
  readonly steps: number;
}

/** One job at a time, each beside one of the bare workflow; the next begins when both have ended. */
export async function measureLatency(parts: JobParts, nodes: { readonly started: Started }, bare: Bare, pairs: number, say: Say): Promise<Result[]> {
  const ours = async (): Promise<Timing> => timed(await (await prepareSubmit(parts, noopSpecification(parts)))(), nodes.started);
  const peer = async (): Promise<Timing> => timed(await bare.submit(), bare.started);
  say(`submitting ${WARM_UP_PAIRS} pairs to warm up, then ${pairs} one after the other`);
  await alternate(WARM_UP_PAIRS, ours, peer);
  return resultsOf(await alternate(pairs, ours, peer));
}

async function timed({ jobId, handle, submittedMs, acknowledgedMs }: Submission, started: Started): Promise<Timing> {
  await handle.result();
  const startedMs = started.get(jobId);
  if (startedMs === undefined) throw new Error(`Job ${jobId} ended without having been started on a node: ${JSON.stringify(await handle.result())}`);
  const steps = sumOf(await activityTimesMs(handle), STEPS_BEFORE_START);
  return { acknowledgement: acknowledgedMs - submittedMs, toStart: startedMs - submittedMs, steps };
}

const PEER = 'bare workflow';

function resultsOf(timings: readonly { ours: Timing; peer: Timing }[]): Result[] {
  const by = (pick: (timing: Timing) => number): Pair[] => timings.map(({ ours, peer }) => ({ ours: pick(ours), peer: pick(peer) }));
  const acknowledgement = by((timing) => timing.acknowledgement);
  const acknowledged = { unit: 'ms', peerName: `${PEER}, update-with-start`, n: timings.length, ...pairedRatio(acknowledgement) };
  const at = (q: number): { ours: number; peer: number } => ({ ours: quantile(ours(acknowledgement), q), peer: quantile(peers(acknowledgement), q) });
  const [p50, p99] = [at(0.5), at(0.99)];
  const withoutSteps = by(({ toStart, steps }) => toStart - steps);
  const start = pairedRow('submit → node starts, lockEscrow and assignNode taken out of both, p50', withoutSteps);
  const steps = by((timing) => timing.steps);
  return [
    row({ metric: 'submit acknowledgement, p50', ...acknowledged, ...p50, goal: `≤ ${GOAL_P50_MS} ms`, ok: p50.ours <= GOAL_P50_MS }),
    // The ratio of two single worst values says nothing.
    row({ metric: 'submit acknowledgement, p99', ...acknowledged, ...p99, ratio: null, spread: spreadOf(ours(acknowledgement)), goal: `≤ ${GOAL_P99_MS} ms`, ok: p99.ours <= GOAL_P99_MS }),
    { ...start, goal: `ratio ≤ ${GOAL_START_RATIO}`, ok: start.ratio! <= GOAL_START_RATIO },
    pairedRow('submit → node starts, with lockEscrow and assignNode, p50', by((timing) => timing.toStart)),
    pairedRow('of that, lockEscrow and assignNode, p50', steps),
  ];
}

const ours = (pairs: readonly Pair[]): number[] => pairs.map((pair) => pair.ours);
const peers = (pairs: readonly Pair[]): number[] => pairs.map(({ peer }) => peer);

function pairedRow(metric: string, pairs: readonly Pair[]): Result {
  return row({ metric, unit: 'ms', ours: median(ours(pairs)), peer: median(peers(pairs)), peerName: PEER, ...pairedRatio(pairs), n: pairs.length, goal: null, ok: null });
}
