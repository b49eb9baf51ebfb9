import type { TimedRound } from '../../reference/keras.ts';
import { referencePython } from '../../reference/environment.ts';
import { row, type Findings, type Result, type Say } from '../report.ts';
import { median, pairedRatio } from '../statistics.ts';
import { BATCHES, benchCase, nodeContestant, pythonContestant, type Contestant } from './contestants.ts';
import { BENCH_MODELS, benchModel, type BenchModelName } from './models.ts';
import { takeTurns } from './rounds.ts';

export interface TrainBenchSizes {
  readonly rounds: number;
  /** About how long one turn of the fastest takes. */
  readonly turnMs: number;
  readonly threads: number;
  readonly models: readonly BenchModelName[];
  readonly batchSizes: readonly number[];
  /** An interpreter that has TensorFlow; else the reference environment is made. */
  readonly python?: string | undefined;
}

const PEERS = { function: 'Python tf.function', fit: 'Keras fit', eager: 'eager tfjs-node' } as const;
type Peer = keyof typeof PEERS;
type Name = 'ours' | Peer;
type Contestants = Readonly<Record<Name, Contestant>>;
type Round = Record<Name, TimedRound>;

/** Steps of a turn are a multiple of this, so that every turn sees each batch equally often. */
const WHOLE_ROUND = BATCHES;
const MOST_ROUNDS = 200;

const NOTES = [
  'a turn is the same number of steps for all; each step feeds one float32 batch from memory and reads its loss back before the next, but Keras fit, which feeds and reads as it likes',
  'every contestant is a process of its own with the same TensorFlow 2.15.1 settings; its first turn, which compiles, is not counted; turns alternate in changing order',
  'ours, tf.function and fit start with the same weights and see the same batches; Adam; loss and correct answers are computed in every step but eager’s, which computes the loss alone',
];

/** The least ratio to a peer that is wanted, or null where nothing was promised. */
function goalOf(model: BenchModelName, batchSize: number, peer: Peer): number | null {
  if (peer === 'fit') return 1;
  if (peer === 'eager' || model === 'LSTM') return null;
  return batchSize >= 256 ? 1 : 0.9;
}

/** Training speed of the engine beside three others. */
export async function benchTrain(sizes: TrainBenchSizes, env: NodeJS.ProcessEnv, say: Say): Promise<Findings> {
  const python = await referencePython({ python: sizes.python, log: say });
  const settings = { threads: sizes.threads, env };
  const contestants: Contestants = {
    ours: nodeContestant('ours', settings),
    function: pythonContestant('function', python, settings),
    fit: pythonContestant('fit', python, settings),
    eager: nodeContestant('eager', settings),
  };
  const results: Result[] = [];
  const notes: string[] = [...NOTES, `${sizes.threads} intra-op threads, 1 inter-op thread`];
  try {
    for (const model of sizes.models.length === 0 ? BENCH_MODELS : sizes.models) {
      for (const batchSize of sizes.batchSizes) {
        const rounds = await measureCase({ model, batchSize, contestants, sizes }, say);
        results.push(...rowsOf(model, batchSize, rounds));
        notes.push(lossNote(model, batchSize, rounds));
      }
    }
  } finally {
    await Promise.all(Object.values(contestants).map((contestant) => contestant.close()));
  }
  return { results, notes };
}

interface Measured {
  readonly model: BenchModelName;
  readonly batchSize: number;
  readonly contestants: Contestants;
  readonly sizes: TrainBenchSizes;
}

interface Rounds {
  readonly steps: number;
  /** The first steps of all, which are not counted. */
  readonly first: Round;
  readonly counted: readonly Round[];
}

async function measureCase({ model, batchSize, contestants, sizes }: Measured, say: Say): Promise<Rounds> {
  const what = benchCase(benchModel(model), batchSize);
  const all = Object.values(contestants);
  for (const contestant of all) await contestant.prepare(what);
  const turn = (name: Name, steps: number) => () => contestants[name].round(steps);
  const turns = (steps: number) => ({ ours: turn('ours', steps), function: turn('function', steps), fit: turn('fit', steps), eager: turn('eager', steps) });
  const [first] = await takeTurns(1, turns(WHOLE_ROUND));
  const { ms } = await contestants.function.round(WHOLE_ROUND);
  const steps = WHOLE_ROUND * Math.min(MOST_ROUNDS, Math.max(1, Math.round(sizes.turnMs / ms)));
  say(`${model}, batch ${batchSize}: ${sizes.rounds} rounds of ${steps} steps`);
  await takeTurns(1, turns(steps));
  return { steps, first: first!, counted: await takeTurns(sizes.rounds, turns(steps)) };
}

function rowsOf(model: BenchModelName, batchSize: number, { steps, counted }: Rounds): Result[] {
  const speed = ({ ms }: TimedRound): number => (steps * batchSize * 1000) / ms;
  return (Object.keys(PEERS) as Peer[]).map((peer) => {
    const pairs = counted.map((round) => ({ ours: speed(round.ours), peer: speed(round[peer]) }));
    const least = goalOf(model, batchSize, peer);
    const measured = pairedRatio(pairs);
    return row({
      metric: `training ${model}, batch ${batchSize}`,
      unit: 'samples/s',
      ours: median(pairs.map(({ ours }) => ours)),
      peer: median(pairs.map((pair) => pair.peer)),
      peerName: PEERS[peer],
      ...measured,
      n: pairs.length,
      goal: least === null ? null : `ratio ≥ ${least}`,
      ok: least === null ? null : measured.ratio >= least,
    });
  });
}

/** That both sides did the same work shows in what they learned. */
function lossNote(model: BenchModelName, batchSize: number, { first }: Rounds): string {
  return `${model}, batch ${batchSize}: loss of step ${WHOLE_ROUND}: ${first.ours.loss.toPrecision(6)} ours, ${first.function.loss.toPrecision(6)} tf.function`;
}
