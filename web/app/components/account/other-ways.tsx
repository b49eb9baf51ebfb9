import { useRouteLoaderData } from '@remix-run/react';
import { OauthLinks, type OauthSite } from './oauth-links.tsx';
import { WalletButtons } from './wallet-buttons.tsx';

/** The ways in beside the password, as far as this browser has them. */
export function OtherWays({ next }: { next: string }) {
  const layout = useRouteLoaderData<{ sites: OauthSite[] }>('routes/auth/layout');
  return (
    <div className="mt-5 space-y-3 empty:hidden">
      <OauthLinks sites={layout?.sites ?? []} query={next === '' ? '' : `?next=${encodeURIComponent(next)}`} label="Go on with" />
      <WalletButtons purpose="login" action="/login/wallet" next={next} title="Or with a wallet" />
    </div>
  );
}
