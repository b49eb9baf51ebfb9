/** What is known of a node's past, as on chain (`update_reputation`). */
export interface Reputation {
  readonly totalJobs: number;
  readonly successful: number;
}

/** A node joins the reliable tier after this many jobs, at this success rate (basis points). */
const RELIABLE_MIN_JOBS = 5;
const RELIABLE_MIN_SUCCESS_BPS = 9_500;

/** Success rate in basis points; 0 for a node without jobs. */
export function successRateBps({ totalJobs, successful }: Reputation): number {
  return totalJobs === 0 ? 0 : Math.floor((successful * 10_000) / totalJobs);
}

/** Reliable nodes are offered a job first. */
export function isReliable(reputation: Reputation): boolean {
  return reputation.totalJobs >= RELIABLE_MIN_JOBS && successRateBps(reputation) >= RELIABLE_MIN_SUCCESS_BPS;
}
