import { Link } from '@remix-run/react';
import type { LoginWalletView } from '#api/services/wallet-types';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { NothingHere } from './nothing-here.tsx';

/** The wallets of one's own that open the account; what they hold is theirs alone to spend. */
export function LoginWallets({ wallets }: { wallets: readonly Wire<LoginWalletView>[] }) {
  return (
    <Panel title="Wallets that log you in" aside={wallets.length > 0 && <Change />} flush>
      {wallets.length > 0 ? (
        <>
          <ul className="divide-y">
            {wallets.map(({ address, balanceBase, linkedAt }) => (
              <li key={address} className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-4 py-3 sm:px-5">
                <div className="min-w-0">
                  <ShortId id={address} what="wallet address" keep={8} />
                  {linkedAt !== null && (
                    <p className="text-xs text-muted">
                      linked <Moment at={linkedAt} />
                    </p>
                  )}
                </div>
                <Amount base={balanceBase} className="font-medium" />
              </li>
            ))}
          </ul>
          <p className="border-t px-4 py-3 text-xs text-muted sm:px-5">
            Only you can spend from these. To pay jobs with their tokens, send them to the address of the balance above.
          </p>
        </>
      ) : (
        <NothingHere to="/settings" action="Link a wallet">
          None yet. A Solana wallet of your own, such as Phantom or Solflare, can log you in without a password.
        </NothingHere>
      )}
    </Panel>
  );
}

function Change() {
  return (
    <Link to="/settings" className="text-xs font-medium text-accent underline underline-offset-3">
      Link or remove
    </Link>
  );
}
