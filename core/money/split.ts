/** The node's share of a payment, in basis points (SPEC flow 6: 90 % to the node, 10 % to the platform). */
export const NODE_SHARE_BPS = 9_000n;
export const BPS = 10_000n;

export interface PayoutSplit {
  readonly nodeBase: bigint;
  readonly platformBase: bigint;
}

/** 90 % to the node, rounded down; the whole remainder to the platform, so that nothing is lost. */
export function splitPayout(amountBase: bigint): PayoutSplit {
  if (amountBase < 0n) throw new RangeError('amountBase must not be negative');
  const nodeBase = (amountBase * NODE_SHARE_BPS) / BPS;
  return { nodeBase, platformBase: amountBase - nodeBase };
}

/** Published slashing steps, in basis points of the stake at that moment (SPEC flow 7). */
export const SLASH_BPS = { timeout: 1_000n, invalid: 2_500n, ban: 10_000n } as const;
export type SlashReason = keyof typeof SLASH_BPS;

/** Base units taken from a stake: the published share, rounded down. */
export function slashAmount(stakeBase: bigint, reason: SlashReason): bigint {
  return (stakeBase * SLASH_BPS[reason]) / BPS;
}

/** A provider needs at least 100 CYXWIZ of stake to be ACTIVE. */
export const MIN_STAKE_BASE = 100_000_000_000n;
