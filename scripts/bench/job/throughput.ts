import { Connection } from '@solana/web3.js';
import { auditLedger } from '#api/services/audit';
import { inLanes } from '../lanes.ts';
import { type Findings, row, type Say } from '../report.ts';
import { alternate, median, pairedRatio, spreadOf } from '../statistics.ts';
import type { Bare } from './bare.ts';
import { type JobParts, noopSpecification, prepareSubmit } from './platform.ts';
import { activityTimesMs, CHAIN_STEPS, type Submission, sumOf } from './submission.ts';

const GOAL_RATIO = 0.8;

export interface Load {
  readonly rounds: number;
  /** In each round. */
  readonly jobs: number;
  readonly inFlight: number;
}

interface Done {
  readonly submission: Submission;
  readonly tookMs: number;
}

interface Round {
  readonly perSecond: number;
  readonly done: readonly Done[];
}

/** Many jobs at once, in rounds that alternate with rounds of the bare workflow; then every job is accounted for. */
export async function measureThroughput(parts: JobParts, bare: Bare, load: Load, say: Say): Promise<Findings> {
  const { rounds, jobs, inFlight } = load;
  say(`${rounds} rounds of ${jobs} jobs, ${inFlight} in flight, each beside one of the bare workflow`);
  const ours = async (): Promise<Round> => {
    const submits: (() => Promise<Submission>)[] = [];
    for (let index = 0; index < jobs; index++) submits.push(await prepareSubmit(parts, noopSpecification(parts)));
    return runRound(submits, inFlight);
  };
  const peer = (): Promise<Round> => runRound(Array.from({ length: jobs }, () => () => bare.submit()), inFlight);
  // The first rounds warm up everything that only many jobs at once reach.
  await alternate(1, ours, peer);
  const measured = await alternate(rounds, ours, peer);
  const pairs = measured.map((pair) => ({ ours: pair.ours.perSecond, peer: pair.peer.perSecond }));
  const done = measured.flatMap((pair) => pair.ours.done);
  const faults = await faultsOf(parts, done.map(({ submission }) => submission.jobId));
  const { chainMs, shares } = await chainTimes(done);
  const refusals = await refusalsOf(parts, done.map(({ submission }) => submission.jobId));
  const paired = pairedRatio(pairs);
  const none = { peer: null, peerName: null, ratio: null, goal: null, ok: null };
  return {
    results: [
      row({
        metric: `complete no-op jobs a second, chain and ledger included, ${inFlight} in flight`,
        unit: 'jobs/s',
        ours: median(pairs.map((pair) => pair.ours)),
        peer: median(pairs.map((pair) => pair.peer)),
        peerName: 'bare workflow, without chain and database',
        ...paired,
        n: rounds,
        goal: `ratio ≥ ${GOAL_RATIO}, nothing lost or doubled`,
        ok: paired.ratio >= GOAL_RATIO && faults.length === 0,
      }),
      row({ metric: 'jobs lost, doubled or not borne out by the audit', unit: 'jobs', ...none, ours: faults.length, spread: [faults.length, faults.length], n: done.length, goal: '0', ok: faults.length === 0 }),
      row({ metric: 'chain steps of one job under that load (four, with their bookings)', unit: 'ms', ...none, ours: median(chainMs), spread: spreadOf(chainMs), n: done.length }),
      row({ metric: 'share of a job’s time in its chain steps under that load', unit: '1', ...none, ours: median(shares), spread: spreadOf(shares), n: done.length }),
      row({ metric: 'refused offers for each of those jobs (a refusal costs it a second or more)', unit: 'offers', ...none, ours: refusals / done.length, spread: [refusals / done.length, refusals / done.length], n: done.length }),
    ],
    notes: faults.slice(0, 10).map((fault) => `fault (of ${faults.length}): ${fault}`),
  };
}

async function runRound(submits: readonly (() => Promise<Submission>)[], inFlight: number): Promise<Round> {
  const done: Done[] = [];
  const startedMs = performance.now();
  await inLanes(inFlight, submits.length, async (index) => {
    const submission = await submits[index]!();
    await submission.handle.result();
    done.push({ submission, tookMs: performance.now() - submission.submittedMs });
  });
  return { perSecond: (submits.length * 1000) / (performance.now() - startedMs), done };
}

async function chainTimes(done: readonly Done[]): Promise<{ chainMs: number[]; shares: number[] }> {
  const chainMs: number[] = [];
  const shares: number[] = [];
  for (const { submission, tookMs } of done) {
    const ms = sumOf(await activityTimesMs(submission.handle), CHAIN_STEPS);
    chainMs.push(ms);
    shares.push(ms / tookMs);
  }
  return { chainMs, shares };
}

async function refusalsOf({ postgres }: JobParts, jobIds: readonly string[]): Promise<number> {
  const { rows } = await postgres.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM node_offers WHERE NOT accepted AND job_id = ANY($1::uuid[])', [jobIds]);
  return rows[0]!.count;
}

interface Account {
  readonly id: string;
  readonly state: string;
  readonly completions: number;
  readonly attempts: number;
  readonly payouts: number;
  readonly fees: number;
}

/** Every job completed exactly once, paid exactly once, and the chain agrees with the books. */
export async function faultsOf({ postgres, stack }: Pick<JobParts, 'postgres' | 'stack'>, jobIds: readonly string[]): Promise<string[]> {
  const { rows } = await postgres.pool.query<Account>(
    `SELECT j.id, j.state,
       (SELECT count(*)::int FROM job_events e WHERE e.job_id = j.id AND e.kind = 'state' AND e.payload->>'state' = 'COMPLETED') AS completions,
       (SELECT count(*)::int FROM job_attempts a WHERE a.job_id = j.id AND a.outcome = 'completed') AS attempts,
       (SELECT count(*)::int FROM ledger_entries l WHERE l.job_id = j.id AND l.purpose = 'node-payout' AND l.amount_base > 0) AS payouts,
       (SELECT count(*)::int FROM ledger_entries l WHERE l.job_id = j.id AND l.purpose = 'platform-fee' AND l.amount_base > 0) AS fees
     FROM jobs j WHERE j.id = ANY($1::uuid[])`,
    [jobIds],
  );
  const isOnce = (job: Account): boolean => job.state === 'COMPLETED' && [job.completions, job.attempts, job.payouts, job.fees].every((count) => count === 1);
  const wrong = rows.filter((job) => !isOnce(job)).map((job) => JSON.stringify(job));
  const missing = jobIds.filter((id) => !rows.some((job) => job.id === id)).map((id) => `job ${id} has no row`);
  const repeated = jobIds.length - new Set(jobIds).size;
  const audit = await auditLedger(postgres.db, new Connection(stack.config.solanaRpcUrl, 'confirmed'));
  return [
    ...missing,
    ...wrong,
    ...(repeated > 0 ? [`${repeated} submissions were answered with a job of another`] : []),
    ...audit.problems.map(({ subject, message }) => `${subject}: ${message}`),
  ];
}
