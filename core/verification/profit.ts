/**
 * Whether lying pays. A node that lies in k of its n segments saves the work of those: k/n of its cost C, which it would
 * not take on if it were above its pay P. Each of its segments is re-executed with probability p, so it is found out with
 * q(k) = 1 − (1 − p)^k, and then gets nothing and loses S:
 *
 *     gain(k) = (k/n) · C − q(k) · (P + S)
 *
 * compared with honesty. C ≤ P, so gain(k) ≤ (k/n) · P − q(k) · (P + S). As a function of k the right side is convex and 0 at
 * k = 0: it is nowhere above 0 in [0, n] as soon as it is not at k = n. That is
 *
 *     q(n) ≥ P / (P + S)   ⟺   p ≥ 1 − (S / (P + S))^(1/n)
 *
 * which is the floor that `auditRate` keeps to (with the whole amount for P, though a node gets 90 % of it).
 */

/** Probability that at least one of the falsified segments is re-executed. */
export function chanceOfDiscovery(rate: number, lies: number): number {
  return -Math.expm1(lies * Math.log1p(-rate));
}

export interface Temptation {
  /** Segments of the node, and in how many of them it lies. */
  readonly segments: number;
  readonly lies: number;
  readonly rate: number;
  /** What the node is paid for the job, what the whole work costs it, and what a discovered lie costs: in one unit. */
  readonly pay: number;
  readonly cost: number;
  readonly slash: number;
}

/** What lying brings in expectation beyond honest work, in the unit of the arguments; below 0 it does not pay. */
export function gainOfLying({ segments, lies, rate, pay, cost, slash }: Temptation): number {
  return (lies / segments) * cost - chanceOfDiscovery(rate, lies) * (pay + slash);
}
