import { useFetcher } from '@remix-run/react';
import type { Wallet } from '@wallet-standard/base';
import { useState } from 'react';
import type { WalletChallenge } from '#api/services/account-types';
import type { FormProblem } from '../../lib/errors.server.ts';
import { signChallenge, useSolanaWallets } from '../../lib/wallets.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

interface WalletButtonsProps {
  readonly purpose: 'login' | 'link';
  /** Where the signed text is sent. */
  readonly action: string;
  readonly next?: string;
  /** Stands above the buttons, where there are any. */
  readonly title?: string;
}

/** A button for each wallet in this browser; nothing where there is none, or no JavaScript. */
export function WalletButtons({ purpose, action, next = '', title }: WalletButtonsProps) {
  const wallets = useSolanaWallets();
  const fetcher = useFetcher<{ problem?: FormProblem }>();
  const [asking, setAsking] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  if (wallets.length === 0) return null;

  const ask = async (wallet: Wallet): Promise<void> => {
    setAsking(wallet.name);
    setRefusal(null);
    try {
      const signed = await signChallenge(wallet, await fetchChallenge(purpose));
      fetcher.submit({ intent: 'link-wallet', ...signed, next }, { method: 'post', action });
    } catch (error) {
      setRefusal(`${wallet.name} did not sign: ${error instanceof Error ? error.message : String(error)}`);
    }
    setAsking(null);
  };
  const problem = refusal ?? fetcher.data?.problem?.message ?? null;
  const isBusy = asking !== null || fetcher.state !== 'idle';
  return (
    <div className="space-y-2">
      {title !== undefined && <p className="text-xs text-muted">{title}</p>}
      {problem !== null && !isBusy && <Notice kind="problem">{problem}</Notice>}
      {wallets.map((wallet) => (
        <Button key={wallet.name} type="button" className="h-10 w-full" disabled={isBusy} onClick={() => void ask(wallet)}>
          <img src={wallet.icon} alt="" className="size-5 rounded-sm" />
          {asking === wallet.name ? `Waiting for ${wallet.name}…` : wallet.name}
        </Button>
      ))}
    </div>
  );
}

async function fetchChallenge(purpose: 'login' | 'link'): Promise<WalletChallenge> {
  const response = await fetch('/wallet-challenge', { method: 'POST', body: new URLSearchParams({ purpose }) });
  const answer = (await response.json()) as { challenge?: WalletChallenge; problem?: FormProblem };
  if (answer.challenge === undefined) throw new Error(answer.problem?.message ?? 'this site gave it nothing to sign');
  return answer.challenge;
}
