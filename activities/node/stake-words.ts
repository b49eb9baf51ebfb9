import { formatCyxwiz } from '#core/money/amount';
import { MIN_STAKE_BASE } from '#core/money/split';

/** What a provider has to do about a stake that is too low for jobs, as after a slash or after it was taken back; undefined where it is enough. */
export function lowStakeWords(stakeBase: bigint): string | undefined {
  if (stakeBase >= MIN_STAKE_BASE) return undefined;
  const [has, lacks] = [stakeBase, MIN_STAKE_BASE - stakeBase].map(formatCyxwiz);
  return `This node was set up before, and its stake is ${has} CYXWIZ: it gets no jobs below ${formatCyxwiz(MIN_STAKE_BASE)} CYXWIZ. Add to it: cyxwiz node top-up ${lacks}`;
}
