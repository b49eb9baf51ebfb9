import { openArena } from '../arena/arena.ts';
import { resumptions, tooMuchRepeated } from '../check/resumption.ts';
import { createRandom, type Random } from '../plan/random.ts';
import type { Trouble } from '../plan/trouble.ts';
import { percentile, type Broken } from '../report.ts';
import type { JobRecord } from '../run/record.ts';
import { checkAll, runPlain, shapeFor, weightsOf, type ProofOptions, type ProofReport } from './shared.ts';

const SHAPES = 4;
const NODES = 3;

/** Runs that are killed at three random moments each end in the very weights of the undisturbed run. */
export async function proveResumption({ seed, runs, seconds, say }: ProofOptions): Promise<ProofReport & Readonly<Record<string, unknown>>> {
  const random = createRandom(seed);
  const arena = await openArena({ users: Math.max(2, Math.ceil(runs / 8)), nodes: NODES, random, log: say });
  try {
    const records: JobRecord[] = [];
    const results: { jobId: string; equal: boolean; kills: number; nodes: number }[] = [];
    const broken: Broken[] = [];
    const undisturbed = new Map<number, string>();
    for (let run = 0; run < runs; run++) {
      const shape = shapeFor(arena, seconds, 1_000 + (run % SHAPES));
      const user = run % arena.users.length;
      if (!undisturbed.has(shape.seed)) {
        const plain = await runPlain(arena, { number: 0, shape, user }, say);
        records.push(plain);
        undisturbed.set(shape.seed, await weightsOf(plain));
      }
      const record = await runPlain(arena, { number: run + 1, shape, user, troubles: threeKills(random.fork(`run ${run}`)) }, say);
      records.push(record);
      const equal = record.final?.state === 'COMPLETED' && (await weightsOf(record)) === undisturbed.get(shape.seed);
      if (!equal) broken.push({ invariant: 'resume', jobId: record.jobId, why: `its weights are not those of the undisturbed run (it is ${record.final?.state ?? 'unknown'})` });
      if (record.kills.length < 3) broken.push({ invariant: 'resume', jobId: record.jobId, why: `only ${record.kills.length} of 3 kills found a training to kill` });
      results.push({ jobId: record.jobId, equal, kills: record.kills.length, nodes: new Set(record.kills.map(({ nodeId }) => nodeId)).size });
      say(`${results.filter((one) => one.equal).length} of ${results.length} are bit-equal`);
    }
    const checked = await checkAll(arena, records);
    const found = checked.facts.flatMap((facts) => resumptions(arena, facts));
    broken.push(...checked.broken, ...checked.facts.flatMap((facts) => tooMuchRepeated(facts, resumptions(arena, facts))));
    const resumeMs = found.map((one) => one.resumeMs);
    return {
      proof: 'resume',
      seed,
      runs,
      bitEqual: results.filter(({ equal }) => equal).length,
      maxStepsRepeated: Math.max(0, ...found.map(({ stepsRepeated }) => stepsRepeated)),
      maxStepsLostWithMachine: Math.max(0, ...found.map(({ stepsLost }) => stepsLost)),
      checkpointEvery: Math.max(...checked.facts.map(({ row }) => row?.checkpointEverySteps ?? 0)),
      resumeMs: { p50: percentile(resumeMs, 0.5), p95: percentile(resumeMs, 0.95) },
      results,
      ok: broken.length === 0,
      broken,
    };
  } finally {
    await arena.remove();
  }
}

/** In three parts of the training: the trainer alone, its worker with it, or the machine for good. */
function threeKills(draw: Random): Trouble[] {
  return [0, 1, 2].map((part): Trouble => {
    const at = { phase: 'training', share: 0.05 + 0.28 * part + 0.2 * draw.next(), delayMs: 0 } as const;
    // A machine that is gone for good is the last: afterwards the job goes on elsewhere.
    if (part === 2 && draw.next() < 0.34) return { kind: 'node-gone', at };
    return { kind: 'kill', part: draw.pick(['trainer', 'machine']), at, downMs: draw.between(1_000, 3_000) };
  });
}
