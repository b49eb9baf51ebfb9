import { connectMongo } from '#db/mongo/connect';
import type { NoopNodes } from '../job/noop-nodes.ts';
import { type JobParts, newCustomer, noopSpecification, prepareSubmit } from '../job/platform.ts';
import type { Submission } from '../job/submission.ts';
import { faultsOf } from '../job/throughput.ts';
import { inLanes } from '../lanes.ts';
import { type Findings, type Result, row, type Say } from '../report.ts';
import { median, quantile, spreadOf } from '../statistics.ts';
import { overlapsOf, shareWhileBothWait, type Claim } from './claims.ts';

const GOAL_SHARE = 0.1;
/** The first customer is there with most of the jobs before the second one comes. */
const FIRST_SHARE = 0.6;
const SUBMITS_AT_ONCE = 16;

interface Sizes {
  readonly jobs: number;
  readonly trainMs: number;
}

/** Two customers with more jobs than there are nodes: one was there first with most of them, and both get their half. */
export async function measureCrowd(parts: JobParts, nodes: NoopNodes, { jobs, trainMs }: Sizes, say: Say): Promise<Findings> {
  const second = await newCustomer(parts.stack.config);
  try {
    await allowManyJobs(parts.stack.config.mongodbUri);
    const firstJobs = Math.round(jobs * FIRST_SHARE);
    const [first, other] = [parts, { ...parts, ...second }];
    say(`${jobs} jobs of ${trainMs} ms on ${nodes.nodeIds.length} nodes: ${firstJobs} of one customer, then ${jobs - firstJobs} of another`);
    const startedMs = performance.now();
    const submissions = await submitAll(first, firstJobs);
    submissions.push(...(await submitAll(other, jobs - firstJobs)));
    say(`all submitted after ${Math.round((performance.now() - startedMs) / 1000)} s`);
    await Promise.all(submissions.map(({ handle }) => handle.result()));
    const tookMs = performance.now() - startedMs;
    return await findings(parts, nodes, { submissions, tookMs });
  } finally {
    second.client.close();
  }
}

async function submitAll(parts: JobParts, count: number): Promise<Submission[]> {
  const done: Submission[] = [];
  await inLanes(SUBMITS_AT_ONCE, count, async () => done.push(await (await prepareSubmit(parts, noopSpecification(parts)))()));
  return done;
}

/** A customer with hundreds of jobs has a subscription for it. */
async function allowManyJobs(mongodbUri: string): Promise<void> {
  const mongo = await connectMongo({ uri: mongodbUri });
  await mongo.users.updateMany({}, { $set: { subscription: 'pro' } });
  await mongo.close();
}

interface Crowd {
  readonly submissions: readonly Submission[];
  readonly tookMs: number;
}

async function findings(parts: JobParts, nodes: NoopNodes, { submissions, tookMs }: Crowd): Promise<Findings> {
  const jobIds = submissions.map(({ jobId }) => jobId);
  const [claims, faults] = await Promise.all([claimsOf(parts, jobIds), faultsOf(parts, jobIds)]);
  const [, later] = [...new Set(claims.map(({ userId }) => userId))];
  const fair = shareWhileBothWait(claims, later!);
  const overlaps = overlapsOf(claims) + nodes.overcommitted();
  const free = freeToClaimMs(claims);
  const wait = claims.map(({ openedAt, claimedAt }) => claimedAt.getTime() - openedAt.getTime());
  const none = { peer: null, peerName: null, ratio: null, goal: null, ok: null } as const;
  const one = (value: number): Pick<Result, 'ours' | 'spread'> => ({ ours: value, spread: [value, value] });
  return {
    results: [
      row({ metric: 'jobs that did not complete once and paid once, or are not borne out by the audit', unit: 'jobs', ...none, ...one(faults.length), n: jobIds.length, goal: '0', ok: faults.length === 0 }),
      row({ metric: 'times that a node had two jobs at once', unit: 'times', ...none, ...one(overlaps), n: jobIds.length, goal: '0', ok: overlaps === 0 }),
      row({ metric: 'share of the starts that the later customer got while both had jobs waiting', unit: '1', ...none, ...one(fair.share), n: fair.starts, goal: '0.5 within 10 %', ok: Math.abs(fair.share / 0.5 - 1) <= GOAL_SHARE }),
      row({ metric: 'claim latency: a node is free → it holds its next job, while jobs wait, p50', unit: 'ms', ...none, ours: median(free), spread: spreadOf(free), n: free.length }),
      row({ metric: 'claim latency: a node is free → it holds its next job, while jobs wait, p95', unit: 'ms', ...none, ours: quantile(free, 0.95), spread: spreadOf(free), n: free.length }),
      row({ metric: 'an attempt is opened → a node has claimed it, waiting for a free one included, p95', unit: 'ms', ...none, ours: quantile(wait, 0.95), spread: spreadOf(wait), n: wait.length }),
      row({ metric: 'jobs a second from the first submission to the last end', unit: '1/s', ...none, ...one((jobIds.length * 1000) / tookMs), n: jobIds.length }),
    ],
    notes: faults.slice(0, 10).map((fault) => `fault (of ${faults.length}): ${fault}`),
  };
}

async function claimsOf({ postgres }: JobParts, jobIds: readonly string[]): Promise<Claim[]> {
  const { rows } = await postgres.pool.query<Claim>(
    `SELECT a.job_id AS "jobId", j.user_id AS "userId", a.node_id AS "nodeId", a.opened_at AS "openedAt", a.claimed_at AS "claimedAt",
       a.completed_at AS "completedAt"
     FROM job_attempts a JOIN jobs j ON j.id = a.job_id
     WHERE a.job_id = ANY($1::uuid[]) AND a.completed_at IS NOT NULL ORDER BY a.claimed_at`,
    [jobIds],
  );
  return rows;
}

/** From the end of each job of a node to its next claim, for claims of jobs that had been waiting by then. */
function freeToClaimMs(claims: readonly Claim[]): number[] {
  const lastOf = new Map<string, Claim>();
  const times: number[] = [];
  for (const claim of claims) {
    const last = lastOf.get(claim.nodeId);
    if (last !== undefined && claim.openedAt < last.completedAt) times.push(claim.claimedAt.getTime() - last.completedAt.getTime());
    lastOf.set(claim.nodeId, claim);
  }
  return times;
}
