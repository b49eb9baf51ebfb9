/** Whose work a segment is that could not be confirmed. */
export interface Suspects {
  /** The attempt that made the link at the segment's end. */
  readonly maker: number;
  /** The attempt that made the checkpoint within the segment from which the maker went on, where there is one. */
  readonly resumedFrom: number | null;
  /** From that checkpoint on, the maker's link comes out as reported. */
  readonly restHolds: boolean;
}

/**
 * Each answers for the steps that it did itself: who went on from a false checkpoint and trained honestly from there on
 * did nothing wrong.
 */
export function blameFor({ maker, resumedFrom, restHolds }: Suspects): number {
  return resumedFrom !== null && restHolds ? resumedFrom : maker;
}
