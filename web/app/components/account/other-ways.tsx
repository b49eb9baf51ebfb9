import { WalletButtons } from './wallet-buttons.tsx';

/** The ways in beside the password, as far as this browser has them. */
export function OtherWays({ next }: { next: string }) {
  return (
    <div className="mt-5 empty:hidden">
      <WalletButtons purpose="login" action="/login/wallet" next={next} title="Or with a wallet" />
    </div>
  );
}
