import { expect, it } from 'vitest';
import { signInMessage } from './sign-in-message.ts';

it('is laid out as wallets lay it out', () => {
  const message = signInMessage({
    domain: 'cyxwiz.example',
    address: '7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2',
    statement: 'Login to CyxWiz: nonce=abc12345',
    uri: 'https://cyxwiz.example',
    chainId: 'localnet',
    nonce: 'abc12345',
    issuedAt: '2026-01-01T00:00:00.000Z',
    expirationTime: '2026-01-01T00:05:00.000Z',
  });
  expect(message.split('\n')).toEqual([
    'cyxwiz.example wants you to sign in with your Solana account:',
    '7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2',
    '',
    'Login to CyxWiz: nonce=abc12345',
    '',
    'URI: https://cyxwiz.example',
    'Version: 1',
    'Chain ID: localnet',
    'Nonce: abc12345',
    'Issued At: 2026-01-01T00:00:00.000Z',
    'Expiration Time: 2026-01-01T00:05:00.000Z',
  ]);
});
