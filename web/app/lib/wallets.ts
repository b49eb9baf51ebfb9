import type { SolanaSignInFeature, SolanaSignMessageFeature } from '@solana/wallet-standard-features';
import type { Wallet } from '@wallet-standard/base';
import type { StandardConnectFeature } from '@wallet-standard/features';
import { useEffect, useState } from 'react';
import { signInMessage } from '#core/identity/sign-in-message';
import type { SignedChallenge, WalletChallenge } from '#api/services/account-types';

type Features = Partial<SolanaSignInFeature & SolanaSignMessageFeature & StandardConnectFeature>;

/** The browser's Solana wallets, by the Wallet Standard. Empty on the server and where there is none; grows when one loads late. */
export function useSolanaWallets(): readonly Wallet[] {
  const [wallets, setWallets] = useState<readonly Wallet[]>([]);
  useEffect(() => {
    let stop: (() => void) | undefined;
    let isGone = false;
    // Only pages with a wallet button load this.
    void import('@wallet-standard/app').then(({ getWallets }) => {
      if (isGone) return;
      const { get, on } = getWallets();
      const show = (): void => setWallets(get().filter(canSignIn));
      const stops = [on('register', show), on('unregister', show)];
      stop = () => stops.forEach((off) => off());
      show();
    });
    return () => {
      isGone = true;
      stop?.();
    };
  }, []);
  return wallets;
}

function canSignIn({ chains, features }: Wallet): boolean {
  return chains.some((chain) => chain.startsWith('solana:')) && ('solana:signIn' in features || ('solana:signMessage' in features && 'standard:connect' in features));
}

/** Has the wallet ask its owner, and sign. Throws what the wallet throws, for example where the owner says no. */
export async function signChallenge(wallet: Wallet, challenge: WalletChallenge): Promise<SignedChallenge> {
  const features = wallet.features as Features;
  const signIn = features['solana:signIn'];
  if (signIn !== undefined) {
    const [output] = await signIn.signIn({ ...challenge, version: '1' });
    if (output === undefined) throw new Error('it gave no signature');
    return { address: output.account.address, message: new TextDecoder().decode(output.signedMessage), signature: toBase64(output.signature) };
  }
  const [connect, signMessage] = [features['standard:connect'], features['solana:signMessage']];
  const account = (await connect?.connect())?.accounts[0];
  if (signMessage === undefined || account === undefined) throw new Error('it showed no account');
  const message = signInMessage({ address: account.address, ...challenge });
  const [output] = await signMessage.signMessage({ account, message: new TextEncoder().encode(message) });
  if (output === undefined) throw new Error('it gave no signature');
  return { address: account.address, message, signature: toBase64(output.signature) };
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
