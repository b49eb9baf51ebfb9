import { createRandom, type Random } from './random.ts';
import { CHAIN_MODES, LIES, LINKS, NODE_PARTS, PLATFORM_PARTS, TROUBLE_NAMES, nameOfTrouble, type Moment, type Trouble } from './trouble.ts';

/** What a job trains; seconds of work each. */
export interface JobShape {
  readonly samples: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly optimizer: 'adam' | 'sgd' | 'momentum' | 'rmsprop';
  readonly seed: number;
  readonly deadlineMs: number;
}

export interface PlannedJob {
  /** From 1. */
  readonly number: number;
  readonly user: number;
  readonly shape: JobShape;
  /** At least one. */
  readonly troubles: readonly Trouble[];
}

export interface PlanOptions {
  readonly jobs: number;
  readonly seed: number;
  readonly users: number;
  /** Kinds to choose from; all where left out. A family (`lie`, `kill`) stands for all of its kinds. */
  readonly only?: readonly string[];
}

/** Datasets that are stored beforehand, one of each size for each user. */
export const SAMPLE_SIZES = [1_600, 2_400, 3_200] as const;

const LIE_SHARE = 0.4;
const SECOND_FAULT_SHARE = 0.25;
/** Long enough for a chain step that the killed platform was amid: it is only given up after two minutes. */
const DEADLINE_MS = 360_000;
/** The one who never finishes holds a job up to its deadline. Longer than what is a fair time for any of these jobs. */
const HELD_UP_DEADLINE_MS = 180_000;

/** The same seed is the same plan. @throws Error for a kind that does not exist. */
export function makePlan({ jobs, seed, users, only = [] }: PlanOptions): PlannedJob[] {
  const allowed = kindsAllowed(only);
  const random = createRandom(seed);
  const lies = allowed.filter((name) => name.startsWith('lie:'));
  const faults = allowed.filter((name) => !name.startsWith('lie:'));
  // Each kind comes once before any comes twice.
  const [nextLie, nextFault] = [inTurns(lies, random.fork('lies')), inTurns(faults, random.fork('faults'))];
  return Array.from({ length: jobs }, (_, index) => {
    const draw = random.fork(`job ${index + 1}`);
    const isLie = faults.length === 0 || (lies.length > 0 && draw.next() < LIE_SHARE);
    const first = detail(isLie ? nextLie() : nextFault(), draw);
    const wantsSecond = !isLie && mayHaveSecond(first) && draw.next() < SECOND_FAULT_SHARE;
    const second = wantsSecond ? [detail(draw.pick(faults), draw)].filter((other) => mayHaveSecond(other) && nameOfTrouble(other) !== nameOfTrouble(first)) : [];
    const troubles = [first, ...second];
    return { number: index + 1, user: index % users, shape: shapeOf(troubles, draw), troubles };
  });
}

function kindsAllowed(only: readonly string[]): readonly string[] {
  if (only.length === 0) return TROUBLE_NAMES;
  return only.flatMap((wanted) => {
    const found = TROUBLE_NAMES.filter((name) => name === wanted || name.startsWith(`${wanted}:`));
    if (found.length === 0) throw new Error(`There is no trouble "${wanted}". Known: ${TROUBLE_NAMES.join(', ')}`);
    return found;
  });
}

/** Faults that end the job or count on who holds it want it for themselves. */
function mayHaveSecond({ kind }: Trouble): boolean {
  return kind === 'kill' || kind === 'cut' || kind === 'chain' || kind === 'repeat-submit';
}

function inTurns(names: readonly string[], random: Random): () => string {
  let bag: string[] = [];
  return () => {
    if (bag.length === 0) bag = [...names];
    return bag.splice(random.between(0, bag.length - 1), 1)[0]!;
  };
}

function shapeOf(troubles: readonly Trouble[], draw: Random): JobShape {
  const isHeldUp = troubles.some((trouble) => trouble.kind === 'lie' && trouble.lie === 'never-finishes');
  return {
    samples: draw.pick(SAMPLE_SIZES),
    epochs: draw.between(10, 18),
    batchSize: draw.pick([32, 64]),
    learningRate: draw.pick([0.001, 0.002]),
    optimizer: draw.pick(['adam', 'sgd', 'momentum', 'rmsprop']),
    seed: draw.between(1, 1_000_000),
    deadlineMs: isHeldUp ? HELD_UP_DEADLINE_MS : DEADLINE_MS,
  };
}

function momentIn(draw: Random, phases: readonly Moment['phase'][]): Moment {
  return { phase: draw.pick(phases), share: 0.1 + 0.5 * draw.next(), delayMs: draw.between(0, 500) };
}

const ANY_PHASE: readonly Moment['phase'][] = ['ESCROWED', 'ASSIGNED', 'training', 'training', 'verifying'];
const AT_NODE: readonly Moment['phase'][] = ['training'];

/** The kind by its name, with everything else drawn. */
function detail(name: string, draw: Random): Trouble {
  const [family = '', which] = name.split(':');
  const known = <T extends string>(all: readonly T[]): T => all.find((one) => one === which)!;
  const downMs = draw.between(1_000, 5_000);
  switch (family) {
    case 'lie':
      return { kind: 'lie', lie: known(LIES) };
    case 'kill': {
      const part = known([...NODE_PARTS, ...PLATFORM_PARTS]);
      const atNode = NODE_PARTS.some((one) => one === part);
      return { kind: 'kill', part, downMs, at: momentIn(draw, atNode ? AT_NODE : part === 'verifier' ? ['verifying'] : ANY_PHASE) };
    }
    case 'cut': {
      const link = known(LINKS);
      return { kind: 'cut', link, forMs: draw.between(2_000, 12_000), at: momentIn(draw, link.startsWith('node') ? AT_NODE : link.startsWith('verifier') ? ['verifying'] : ANY_PHASE) };
    }
    case 'chain':
      return { kind: 'chain', mode: known(CHAIN_MODES), forMs: draw.between(8_000, 20_000) };
    case 'repeat-submit':
    case 'reordered':
      return { kind: family };
    case 'repeat-cancel':
      return { kind: 'repeat-cancel', at: momentIn(draw, ANY_PHASE) };
    case 'node-gone':
      return { kind: 'node-gone', at: momentIn(draw, AT_NODE) };
    case 'drain':
      return { kind: 'drain', at: momentIn(draw, AT_NODE), forMs: draw.between(8_000, 20_000) };
    case 'clock-jump':
      return { kind: 'clock-jump', at: momentIn(draw, ANY_PHASE), seconds: draw.between(5, 20) };
    case 'full-disk':
      return { kind: 'full-disk', at: momentIn(draw, AT_NODE) };
    default:
      throw new Error(`There is no trouble "${name}"`);
  }
}

/** One line for people. */
export function describeJob({ number, troubles }: PlannedJob): string {
  return `job ${number}: ${troubles.map(nameOfTrouble).join(' + ')}`;
}
