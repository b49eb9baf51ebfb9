import { inArray } from 'drizzle-orm';
import { nodes as nodesTable } from '#db/postgres/schema';
import { openArena, type Arena } from '../arena/arena.ts';
import { canMountDisks } from '../arena/small-disk.ts';
import { checkJob, factsOf, movedTwice, type JobFacts } from '../check/jobs.ts';
import { checkBooks } from '../check/money.ts';
import { resumptions, tooMuchRepeated } from '../check/resumption.ts';
import { countLies, innocentSlashes } from '../check/slashes.ts';
import { makePlan, type PlannedJob } from '../plan/plan.ts';
import { createRandom } from '../plan/random.ts';
import { nameOfTrouble } from '../plan/trouble.ts';
import { percentile, type Broken, type ChaosReport, type KindCount } from '../report.ts';
import { runJob } from './job.ts';
import type { JobRecord } from './record.ts';

export interface CampaignOptions {
  readonly jobs: number;
  readonly seed: number;
  /** Jobs at the same time. */
  readonly concurrency: number;
  readonly only?: readonly string[];
  readonly say: (line: string) => void;
}

/** A user's welcome credit pays for so many jobs, with some left over. */
const JOBS_PER_USER = 30;
const LEAST_USERS = 3;
const LIES_CAUGHT_AT_LEAST = 0.99;

/** A whole run: the arena, the jobs with what happens to them, and what has to hold afterwards. */
export async function runCampaign(options: CampaignOptions): Promise<ChaosReport> {
  const { jobs, seed, concurrency, only = [], say } = options;
  const users = Math.max(LEAST_USERS, Math.ceil(jobs / JOBS_PER_USER));
  const plan = makePlan({ jobs, seed, users, only });
  if (!canMountDisks() && plan.some(({ troubles }) => troubles.some(({ kind }) => kind === 'full-disk'))) {
    throw new Error('A full disk needs the right to mount one (root on Linux). Name the other kinds with --only.');
  }
  const arena = await openArena({ users, nodes: concurrency + 1, random: createRandom(seed), log: say });
  try {
    const records = await runAll(arena, plan, options);
    return await judge(arena, records, seed);
  } finally {
    await arena.remove();
  }
}

async function runAll(arena: Arena, plan: readonly PlannedJob[], { concurrency, say }: CampaignOptions): Promise<JobRecord[]> {
  const waiting = [...plan];
  const records: JobRecord[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await replaceLost(arena, concurrency + 1, say);
      records.push(await runJob({ arena, say }, next));
      say(`${records.length} of ${plan.length} jobs are over`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, plan.length) }, lane));
  return records.sort((a, b) => a.plan.number - b.plan.number);
}

/** Nodes that may take no more jobs, rightly or wrongly, leave the rest short of hands. */
async function replaceLost(arena: Arena, wanted: number, say: (line: string) => void): Promise<void> {
  const honest = [...arena.nodes.values()].filter(({ name }) => name.startsWith('node-'));
  const rows = await arena.postgres.db.select().from(nodesTable).where(inArray(nodesTable.id, honest.map(({ nodeId }) => nodeId))).catch(() => undefined);
  if (rows === undefined) return; // the database is down just now; the next job looks again
  const lost = rows.filter(({ state, banned }) => state === 'SLASHED' || banned).length;
  for (let count = honest.length - lost; count < wanted; count++) {
    say('a node may take no more jobs; another one takes its place');
    await arena.addNode();
  }
}

async function judge(arena: Arena, records: readonly JobRecord[], seed: number): Promise<ChaosReport> {
  const facts = await Promise.all(records.map((record) => factsOf(arena, record)));
  const books = await checkBooks(arena);
  const lies = countLies(facts);
  const innocent = await innocentSlashes(arena, facts);
  const resumed = facts.map((one) => ({ facts: one, found: resumptions(arena, one) }));
  const broken: Broken[] = [
    ...(await Promise.all(facts.map((one) => checkJob(arena, one)))).flat(),
    ...books.broken,
    ...lies.broken,
    ...innocent,
    ...resumed.flatMap(({ facts: one, found }) => tooMuchRepeated(one, found)),
  ];
  const all = resumed.flatMap(({ found }) => found);
  const resumeMs = all.map((one) => one.resumeMs);
  const isRefunded = ({ row }: JobFacts): boolean => row?.state === 'FAILED' || row?.state === 'CANCELLED';
  const enoughCaught = lies.told === 0 || lies.caught / lies.told >= LIES_CAUGHT_AT_LEAST;
  return {
    seed,
    jobs: records.length,
    completed: facts.filter(({ row }) => row?.state === 'COMPLETED').length,
    refunded: facts.filter(isRefunded).length,
    liesTold: lies.told,
    liesCaught: lies.caught,
    innocentSlashed: innocent.length,
    maxStepsRepeated: Math.max(0, ...all.map(({ stepsRepeated }) => stepsRepeated)),
    maxStepsLostWithMachine: Math.max(0, ...all.map(({ stepsLost }) => stepsLost)),
    checkpointEvery: Math.max(0, ...facts.map(({ row }) => row?.checkpointEverySteps ?? 0)),
    chargedTwice: facts.reduce((sum, one) => sum + movedTwice(one).length, 0),
    unaccountedBase: books.unaccountedBase.toString(),
    resumeMs: { p50: percentile(resumeMs, 0.5), p95: percentile(resumeMs, 0.95) },
    ok: enoughCaught && broken.every(({ invariant }) => invariant === 'lie'),
    broken,
    kinds: countKinds(facts),
  };
}

function countKinds(facts: readonly JobFacts[]): Record<string, KindCount> {
  const kinds: Record<string, KindCount> = {};
  for (const { record, row, attempts } of facts) {
    for (const name of record.plan.troubles.map(nameOfTrouble)) {
      const before = kinds[name] ?? { jobs: 0, completed: 0, refunded: 0, attempts: 0, missed: 0 };
      const state = row?.state ?? '';
      kinds[name] = {
        jobs: before.jobs + 1,
        completed: before.completed + Number(state === 'COMPLETED'),
        refunded: before.refunded + Number(state === 'FAILED' || state === 'CANCELLED'),
        attempts: before.attempts + attempts.filter(({ assignedAt }) => assignedAt !== null).length,
        missed: before.missed + Number(record.missed.includes(name)),
      };
    }
  }
  return kinds;
}
