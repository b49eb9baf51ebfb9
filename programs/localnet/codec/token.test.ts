import { AccountLayout, MintLayout } from '@solana/spl-token';
import { Keypair, PublicKey } from '@solana/web3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountImage } from '../chain/records.ts';
import {
  parseToken,
  parseTokenAccount,
  parseTokenMint,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  uiTokenAmount,
} from './token.ts';

const U64_MAX = 2n ** 64n - 1n;
const key = (): PublicKey => Keypair.generate().publicKey;

function image(data: Uint8Array, owner = TOKEN_PROGRAM): AccountImage {
  return { address: key().toBase58(), lamports: 1n, owner, executable: false, data };
}

function accountData(over: Partial<Parameters<typeof AccountLayout.encode>[0]> = {}): Uint8Array {
  const data = Buffer.alloc(AccountLayout.span);
  AccountLayout.encode(
    {
      mint: key(),
      owner: key(),
      amount: 7n,
      delegateOption: 0,
      delegate: PublicKey.default,
      state: 1,
      isNativeOption: 0,
      isNative: 0n,
      delegatedAmount: 0n,
      closeAuthorityOption: 0,
      closeAuthority: PublicKey.default,
      ...over,
    },
    data,
  );
  return data;
}

function mintData(isInitialized: boolean, supply = U64_MAX): Uint8Array {
  const data = Buffer.alloc(MintLayout.span);
  MintLayout.encode(
    {
      mintAuthorityOption: 0,
      mintAuthority: PublicKey.default,
      supply,
      decimals: 9,
      isInitialized,
      freezeAuthorityOption: 0,
      freezeAuthority: PublicKey.default,
    },
    data,
  );
  return data;
}

describe('token accounts', () => {
  it('reads what the SPL library writes', () => {
    const [mint, owner, delegate] = [key(), key(), key()];
    const data = accountData({
      mint,
      owner,
      amount: U64_MAX,
      delegateOption: 1,
      delegate,
      delegatedAmount: 3n,
      state: 2,
    });
    expect(parseTokenAccount(image(data))).toEqual({
      kind: 'account',
      mint: mint.toBase58(),
      owner: owner.toBase58(),
      amountBase: U64_MAX,
      delegate: delegate.toBase58(),
      state: 'frozen',
      nativeReserveLamports: null,
      delegatedBase: 3n,
      closeAuthority: null,
    });
  });

  it('reads a mint, and tells mints and accounts apart', () => {
    expect(parseTokenMint(image(mintData(true)))).toMatchObject({
      supplyBase: U64_MAX,
      decimals: 9,
      mintAuthority: null,
    });
    expect(parseTokenMint(image(accountData()))).toBeUndefined();
    expect(parseTokenAccount(image(mintData(true)))).toBeUndefined();
  });

  it('reads an extended Token-2022 account by the kind byte behind the base layout', () => {
    const extended = Buffer.concat([accountData(), Buffer.from([2, 0, 0])]);
    expect(parseTokenAccount(image(extended, TOKEN_2022_PROGRAM))?.amountBase).toBe(7n);
    expect(parseToken(image(extended, TOKEN_PROGRAM))).toBeUndefined();
  });

  it('sees nothing in uninitialised data, other sizes and other owners', () => {
    expect(parseToken(image(accountData({ state: 0 })))).toBeUndefined();
    expect(parseToken(image(mintData(false)))).toBeUndefined();
    expect(parseToken(image(new Uint8Array(355), TOKEN_2022_PROGRAM))).toBeUndefined();
    expect(parseToken(image(accountData(), '11111111111111111111111111111111'))).toBeUndefined();
  });
});

describe('uiTokenAmount', () => {
  it('keeps every digit in the text', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, U64_MAX), fc.integer({ min: 0, max: 18 }), (amountBase, decimals) => {
        const { amount, uiAmountString } = uiTokenAmount(amountBase, decimals) as {
          amount: string;
          uiAmountString: string;
        };
        const [whole = '', fraction = ''] = uiAmountString.split('.');
        expect(BigInt(whole + fraction.padEnd(decimals, '0'))).toBe(amountBase);
        expect(fraction.endsWith('0')).toBe(false);
        expect(amount).toBe(amountBase.toString());
      }),
    );
  });
});
