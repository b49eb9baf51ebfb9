import { inArray } from 'drizzle-orm';
import { nodes } from '#db/postgres/schema';
import { decodeModel } from '#engine/formats/model-file';
import { hashTensors, toHex } from '#engine/trainer/commitment';
import type { Arena } from '../arena/arena.ts';
import { checkJob, factsOf, type JobFacts } from '../check/jobs.ts';
import { checkBooks } from '../check/money.ts';
import type { JobShape, PlannedJob } from '../plan/plan.ts';
import type { Trouble } from '../plan/trouble.ts';
import type { Broken } from '../report.ts';
import { runJob } from '../run/job.ts';
import type { JobRecord } from '../run/record.ts';
import { persistently } from '../run/until.ts';

export interface ProofOptions {
  readonly seed: number;
  readonly runs: number;
  /** Of the outage, or of one training. */
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** What a proof prints; `ok` says whether what it is called holds. */
export interface ProofReport {
  readonly proof: string;
  readonly seed: number;
  readonly ok: boolean;
  readonly broken: readonly Broken[];
}

/** A training that takes about so long here, on one thread, if nobody else wants the machine. */
export function shapeFor({ samplesPerSecond }: Arena, seconds: number, seed: number): JobShape {
  const [samples, batchSize] = [3_200, 64];
  const epochs = Math.max(2, Math.min(1_000, Math.round((seconds * samplesPerSecond) / samples)));
  const trainingMs = ((samples * epochs) / samplesPerSecond) * 1_000;
  // A stake of 100 covers an escrow of 20 minutes at the price that nodes ask.
  const deadlineMs = Math.round(Math.min(19 * 60_000, 180_000 + 3 * trainingMs));
  return { samples, epochs, batchSize, learningRate: 0.001, optimizer: 'adam', seed, deadlineMs };
}

/** One job with what is on record of it afterwards. */
export async function runPlain(arena: Arena, { number, shape, troubles = [], user = 0 }: { number: number; shape: JobShape; troubles?: readonly Trouble[]; user?: number }, say: ProofOptions['say']): Promise<JobRecord> {
  const plan: PlannedJob = { number, user, shape, troubles };
  return runJob({ arena, say }, plan);
}

/** SHA-256 over the weights of the model as its owner downloads it. */
export async function weightsOf({ user, jobId }: JobRecord): Promise<string> {
  const { stream } = await persistently(() => user.client.downloadModel(jobId), 30_000);
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return toHex(await hashTensors(decodeModel(bytes).weights));
}

/** Of a node that has proven itself, as the goal for what verification costs names it. */
export const GOOD_JOBS = 100;

/** The nodes have that many good jobs behind them. They are not done here: the count is written into the proof's own database. */
export async function writeInGoodJobs({ postgres: { db }, nodes: known }: Arena): Promise<void> {
  await db.update(nodes).set({ goodStreak: GOOD_JOBS, totalJobs: GOOD_JOBS, successful: GOOD_JOBS }).where(inArray(nodes.id, [...known.keys()]));
}

/** The invariants over all jobs of a proof. */
export async function checkAll(arena: Arena, records: readonly JobRecord[]): Promise<{ facts: JobFacts[]; broken: Broken[] }> {
  const facts = await Promise.all(records.map((record) => factsOf(arena, record)));
  const broken = (await Promise.all(facts.map((one) => checkJob(arena, one)))).flat();
  return { facts, broken: [...broken, ...(await checkBooks(arena)).broken] };
}
