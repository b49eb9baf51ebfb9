/** What `npm run chaos -- --json F` writes; the shape is promised in the project's design. */
export interface ChaosReport {
  readonly seed: number;
  readonly jobs: number;
  readonly completed: number;
  readonly refunded: number;
  readonly liesTold: number;
  readonly liesCaught: number;
  /** Slashes of nodes that neither lied nor were really late. */
  readonly innocentSlashed: number;
  /** Most steps that one kill of a training had done again. */
  readonly maxStepsRepeated: number;
  /** Most steps that a machine which went for good took with it, not stored yet: beyond the promised shape. */
  readonly maxStepsLostWithMachine: number;
  /** Largest checkpoint interval of the jobs. */
  readonly checkpointEvery: number;
  readonly chargedTwice: number;
  /** Tokens that were minted and are in nobody's account, base units. */
  readonly unaccountedBase: string;
  /** From a kill of a training to its next step, on whichever node. */
  readonly resumeMs: { readonly p50: number | null; readonly p95: number | null };
  readonly ok: boolean;
  /** Beyond the promised shape: what broke, and what each kind of trouble came to. */
  readonly broken: readonly Broken[];
  readonly kinds: Readonly<Record<string, KindCount>>;
}

/** One invariant that did not hold. */
export interface Broken {
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'slash' | 'lie' | 'resume' | 'cost';
  /** The job, where it is one job's. */
  readonly jobId?: string;
  readonly why: string;
}

export interface KindCount {
  readonly jobs: number;
  readonly completed: number;
  readonly refunded: number;
  /** Attempts that a node was given, over all of these jobs. */
  readonly attempts: number;
  /** Jobs that were over before this could happen to them. */
  readonly missed: number;
}

/** The value below which that share of the values lies; null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}
