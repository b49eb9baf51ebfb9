/** One verifier's answer; `blamedAttempt` is null where it found nothing wrong. */
export interface OpinionFacts {
  readonly valid: boolean;
  readonly blamedAttempt: number | null;
}

/** `open`: another verifier has to be asked. */
export type Decision = 'valid' | 'invalid' | 'open' | 'undecided';

/** How many verifiers are asked at most. */
export const MAX_OPINIONS = 3;

/**
 * What opinions come to, in the order in which they were given. Nobody is slashed on one opinion: the first that finds a
 * result wrong is confirmed by another verifier, which has to blame the same attempt. Where these two disagree a third
 * decides; where all three say different things nobody is judged.
 */
export function decide(opinions: readonly OpinionFacts[]): Decision {
  const [first, second, third] = opinions;
  if (first === undefined) return 'open';
  if (first.valid) return 'valid';
  if (second === undefined) return 'open';
  if (agree(first, second)) return 'invalid';
  if (third === undefined) return 'open';
  if (agree(third, first) || agree(third, second)) return third.valid ? 'valid' : 'invalid';
  return 'undecided';
}

/** Whose work is wrong, where that was decided: whom two of the verifiers blame. */
export function blamedAttemptOf(opinions: readonly OpinionFacts[]): number | null {
  if (decide(opinions) !== 'invalid') return null;
  const blamed = opinions.map(({ blamedAttempt }) => blamedAttempt);
  return blamed.find((attempt, index) => attempt !== null && blamed.indexOf(attempt) < index) ?? null;
}

function agree(a: OpinionFacts, b: OpinionFacts): boolean {
  return a.valid === b.valid && (a.valid || a.blamedAttempt === b.blamedAttempt);
}
