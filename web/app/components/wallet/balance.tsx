import type { ReconciledWalletView } from '#api/services/wallet-types';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { CopyButton } from '../ui/short-id.tsx';

/** What the wallet holds on chain, and what of it no transfer below explains. */
export function Balance({ wallet }: { wallet: Wire<ReconciledWalletView> }) {
  return (
    <section aria-label="Balance" className="rounded-lg border bg-panel px-4 py-5 sm:px-6">
      <p className="eyebrow">Balance on chain</p>
      <p className="mt-1">
        <Amount base={wallet.balanceBase} className="text-2xl font-medium" />
      </p>
      {wallet.outsideBase !== '0' && (
        <>
          <p className="mt-2">
            From outside of CyxWiz: <Amount base={wallet.outsideBase} inline className="font-medium" /> (not in the list below).
          </p>
          <p className="text-xs text-muted">A payment that has just landed counts here until it is booked.</p>
        </>
      )}
      <p className="mt-3 flex flex-wrap items-center gap-x-2 text-xs text-muted">
        <span>{wallet.kind === 'managed' ? 'Managed wallet' : 'Linked wallet'}</span>
        <span className="figure break-all text-ink max-sm:order-last">{wallet.address}</span>
        <CopyButton text={wallet.address} what="wallet address" />
      </p>
    </section>
  );
}
