import type { BrowserContext } from 'playwright-core';

export interface TestWalletOptions {
  /** Only the older way: connect, then sign a text that the page wrote. */
  readonly signMessageOnly?: boolean;
  /** Its owner says no. */
  readonly refuses?: boolean;
}

/**
 * Puts a small real wallet into every page of a browser context: it registers by the Wallet Standard, has an Ed25519 key
 * of its own for as long as the context lives, writes the Sign-In With Solana text itself, and signs it.
 * A test wallet: it asks nobody.
 */
export async function installTestWallet(context: BrowserContext, options: TestWalletOptions = {}): Promise<void> {
  await context.addInitScript(installWallet, options);
}

/* Runs in the page, so it may use nothing from outside. */
function installWallet({ signMessageOnly = false, refuses = false }: TestWalletOptions): void {
  const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
  const base58 = (bytes: Uint8Array): string => {
    let value = BigInt(`0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`);
    let text = '';
    for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)]! + text;
    const zeros = bytes.findIndex((byte) => byte !== 0);
    return '1'.repeat(Math.max(0, zeros)) + text;
  };
  const STORE = 'test-wallet';
  const load = async (): Promise<{ privateKey: CryptoKey; publicKey: Uint8Array }> => {
    const kept = localStorage.getItem(STORE);
    const pair = kept === null ? ((await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']))) : null;
    const jwk = pair === null ? (JSON.parse(kept!) as JsonWebKey) : await crypto.subtle.exportKey('jwk', pair.privateKey);
    localStorage.setItem(STORE, JSON.stringify(jwk));
    const privateKey = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign']);
    const text = atob(jwk.x!.replace(/-/g, '+').replace(/_/g, '/'));
    return { privateKey, publicKey: Uint8Array.from(text, (character) => character.charCodeAt(0)) };
  };
  const ready = (): Promise<{ privateKey: CryptoKey; publicKey: Uint8Array }> => (refuses ? Promise.reject(new Error('the owner said no')) : load());
  const accountOf = (publicKey: Uint8Array) => ({ address: base58(publicKey), publicKey, chains: ['solana:localnet'], features: ['solana:signMessage'] });
  const signBytes = async (message: Uint8Array<ArrayBuffer>) => {
    const { privateKey, publicKey } = await ready();
    return { account: accountOf(publicKey), signedMessage: message, signature: new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, message)) };
  };
  const signIn = async (input: Record<string, string>) => {
    const address = base58((await ready()).publicKey);
    const facts = [['URI', 'uri'], ['Version', 'version'], ['Chain ID', 'chainId'], ['Nonce', 'nonce'], ['Issued At', 'issuedAt'], ['Expiration Time', 'expirationTime']];
    const lines = facts.filter(([, key]) => input[key!] !== undefined).map(([name, key]) => `${name}: ${input[key!]}`);
    const text = `${input['domain'] ?? location.host} wants you to sign in with your Solana account:\n${address}\n\n${input['statement']}\n\n${lines.join('\n')}`;
    return [await signBytes(new TextEncoder().encode(text))];
  };
  const features = {
    'standard:connect': { version: '1.0.0', connect: async () => ({ accounts: [accountOf((await ready()).publicKey)] }) },
    'standard:events': { version: '1.0.0', on: () => () => undefined },
    'solana:signMessage': { version: '1.0.0', signMessage: async (...inputs: { message: Uint8Array<ArrayBuffer> }[]) => Promise.all(inputs.map(({ message }) => signBytes(message))) },
    ...(signMessageOnly ? {} : { 'solana:signIn': { version: '1.0.0', signIn } }),
  };
  const icon = 'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=';
  const wallet = { version: '1.0.0', name: 'Test Wallet', icon, chains: ['solana:localnet'], features, accounts: [] };
  const register = ({ register: add }: { register: (wallet: unknown) => void }): void => add(wallet);
  window.addEventListener('wallet-standard:app-ready', (event) => register((event as CustomEvent<{ register: (wallet: unknown) => void }>).detail));
  window.dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: register }));
}
