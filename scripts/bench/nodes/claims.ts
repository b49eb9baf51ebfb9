/** One job's one attempt, from the database. */
export interface Claim {
  readonly jobId: string;
  readonly userId: string;
  readonly nodeId: string;
  /** From then on it was offered. */
  readonly openedAt: Date;
  readonly claimedAt: Date;
  /** The node has handed in the result and is free. */
  readonly completedAt: Date;
}

/** The later customer's part of the claims from its first offer on, up to the last claim of either while the other still waited. */
export function shareWhileBothWait(claims: readonly Claim[], later: string): { readonly share: number; readonly starts: number } {
  const of = (isLater: boolean): Claim[] => claims.filter(({ userId }) => (userId === later) === isLater);
  const [theirs, others] = [of(true), of(false)];
  const last = (list: readonly Claim[]): number => Math.max(...list.map(({ claimedAt }) => claimedAt.getTime()));
  const from = Math.min(...theirs.map(({ openedAt }) => openedAt.getTime()));
  const to = Math.min(last(theirs), last(others));
  const inWindow = claims.filter(({ claimedAt }) => claimedAt.getTime() >= from && claimedAt.getTime() <= to);
  return { share: inWindow.filter(({ userId }) => userId === later).length / inWindow.length, starts: inWindow.length };
}

/** How often a node claimed a job before it had ended the one before. Claims are in the order of their time. */
export function overlapsOf(claims: readonly Claim[]): number {
  const busyUntil = new Map<string, number>();
  let overlaps = 0;
  for (const { nodeId, claimedAt, completedAt } of claims) {
    if (claimedAt.getTime() < (busyUntil.get(nodeId) ?? 0)) overlaps += 1;
    busyUntil.set(nodeId, completedAt.getTime());
  }
  return overlaps;
}
