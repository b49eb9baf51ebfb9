import { splitPayout } from '#core/money/split';
import { Amount } from '../ui/amount.tsx';

/** Both ways in which a locked escrow can go. */
export function EscrowFate({ lockedBase, className }: { lockedBase: bigint; className?: string }) {
  const { nodeBase, platformBase } = splitPayout(lockedBase);
  return (
    <p className={className}>
      If the result is good: <Amount base={nodeBase.toString()} inline /> to the node, <Amount base={platformBase.toString()} inline /> to the platform.
      If not, or if you cancel: all of it back to you.
    </p>
  );
}
