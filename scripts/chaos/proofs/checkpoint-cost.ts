import { sql } from 'drizzle-orm';
import { openArena, type Arena } from '../arena/arena.ts';
import { createRandom } from '../plan/random.ts';
import { percentile, type Broken } from '../report.ts';
import { checkAll, runPlain, shapeFor, writeInGoodJobs, type ProofOptions, type ProofReport } from './shared.ts';

const GOAL = 1.05;

/**
 * What checkpoints and their upload cost the training beside them: the same job with its links as planned and with a
 * single one at its end, in turns. The platform plans the links, so the proof's own database is told to change the plan.
 */
export async function proveCheckpointCost({ seed, runs, seconds, say }: ProofOptions): Promise<ProofReport & Readonly<Record<string, unknown>>> {
  const arena = await openArena({ users: 1, nodes: 1, random: createRandom(seed), log: say });
  try {
    const shape = shapeFor(arena, seconds, seed);
    const records = [];
    for (let run = 0; run < 2 * runs; run++) {
      // So that little of the time between two trainings goes into verifying them.
      await writeInGoodJobs(arena);
      await planLinks(arena, run % 2 === 0 ? 'as planned' : 'only the last');
      records.push(await runPlain(arena, { number: run + 1, shape }, say));
    }
    const { facts, broken } = await checkAll(arena, records);
    const each = facts.map(({ attempts, checkpoints }) => ({ trainingMs: attempts.at(-1)?.trainingMs ?? 0, checkpoints: checkpoints.length }));
    const ratios = Array.from({ length: runs }, (_, pair) => each[2 * pair]!.trainingMs / each[2 * pair + 1]!.trainingMs);
    const ratio = percentile(ratios, 0.5)!;
    const tooMuch: Broken[] = ratio > GOAL ? [{ invariant: 'cost', why: `trainings with checkpoints took ${ratio.toFixed(3)} times as long; the goal is ${GOAL}` }] : [];
    const all = [...broken, ...tooMuch];
    return { proof: 'checkpoint-cost', seed, ratio, goal: GOAL, ratios, each, ok: all.length === 0, broken: all };
  } finally {
    await arena.remove();
  }
}

async function planLinks({ postgres: { db } }: Arena, links: 'as planned' | 'only the last'): Promise<void> {
  await db.execute(sql`DROP TRIGGER IF EXISTS only_the_last_link ON jobs`);
  if (links === 'as planned') return;
  await db.execute(sql`CREATE OR REPLACE FUNCTION only_the_last_link() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.checkpoint_every_steps := 1000000; RETURN NEW; END $$`);
  await db.execute(sql`CREATE TRIGGER only_the_last_link BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION only_the_last_link()`);
}
