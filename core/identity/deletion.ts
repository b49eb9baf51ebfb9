import { formatCyxwiz } from '../money/amount.ts';

/** What ties a person to the platform: as long as there is any of it, their account can not go. */
export interface AccountTies {
  readonly openJobs: number;
  /** Locked in escrows of theirs, base units. */
  readonly lockedBase: bigint;
  /** Staked with nodes of theirs, base units. */
  readonly stakeBase: bigint;
  /** Every account gets a wallet within seconds. */
  readonly hasWallet: boolean;
}

/** Why an account can not be deleted yet, for its owner, with what to do about it. */
export function deletionBlockers({ openJobs, lockedBase, stakeBase, hasWallet }: AccountTies): string[] {
  return [
    ...(hasWallet ? [] : ['Your account is still being set up: try again in a minute.']),
    ...(openJobs === 0 ? [] : [`${openJobs === 1 ? 'A job of yours has' : `${openJobs} jobs of yours have`} not ended: wait until then, or cancel.`]),
    ...(lockedBase <= 0n ? [] : [`${formatCyxwiz(lockedBase)} CYXWIZ are locked in your escrows: they are settled once the jobs have ended.`]),
    ...(stakeBase <= 0n ? [] : [`${formatCyxwiz(stakeBase)} CYXWIZ are staked with your nodes: take the stake back first.`]),
  ];
}
