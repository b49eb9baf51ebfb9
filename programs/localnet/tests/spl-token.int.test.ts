import {
  closeAccount,
  createAssociatedTokenAccount,
  createMint,
  getAccount,
  getOrCreateAssociatedTokenAccount,
  mintTo,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
  transfer,
} from '@solana/spl-token';
import { Keypair, type Connection, type PublicKey, type TokenBalance } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBase58 } from '../codec/base58.ts';
import { call, connect, fundedKeypair, startChain, temporaryDir } from './support.ts';
import type { Localnet } from '../start-localnet.ts';

const SUPPLY_BASE = 1_000_000_000_001n;

const dir = temporaryDir();
let chain: Localnet;
let connection: Connection;
let payer: Keypair;
let mint: PublicKey;
let ownTokens: PublicKey;
let otherTokens: PublicKey;
const other = Keypair.generate();
beforeAll(async () => {
  chain = await startChain(dir.path);
  connection = connect(chain);
  payer = await fundedKeypair(connection, 1000);
  mint = await createMint(connection, payer, payer.publicKey, null, 9);
  ownTokens = (await getOrCreateAssociatedTokenAccount(connection, payer, mint, payer.publicKey)).address;
  otherTokens = (await getOrCreateAssociatedTokenAccount(connection, payer, mint, other.publicKey)).address;
  await mintTo(connection, payer, mint, ownTokens, payer, SUPPLY_BASE);
});
afterAll(async () => {
  await chain.close();
  dir.remove();
});

describe('SPL tokens', () => {
  it('are minted and transferred, and the transaction shows balances before and after', async () => {
    const signature = await transfer(connection, payer, ownTokens, otherTokens, payer, 5_000_000_001n);
    expect((await getAccount(connection, otherTokens)).amount).toBe(5_000_000_001n);
    const { meta, transaction } = (await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }))!;
    const keys = transaction.message.getAccountKeys().staticAccountKeys;
    const amounts = (list: TokenBalance[] | null | undefined): Record<string, string> =>
      Object.fromEntries((list ?? []).map((item) => [keys[item.accountIndex]!.toBase58(), item.uiTokenAmount.amount]));
    expect(amounts(meta!.preTokenBalances)).toEqual({
      [ownTokens.toBase58()]: '1000000000001',
      [otherTokens.toBase58()]: '0',
    });
    expect(amounts(meta!.postTokenBalances)).toEqual({
      [ownTokens.toBase58()]: '995000000000',
      [otherTokens.toBase58()]: '5000000001',
    });
    expect(meta!.postTokenBalances![0]).toMatchObject({
      mint: mint.toBase58(),
      programId: TOKEN_PROGRAM_ID.toBase58(),
    });
  });

  it('are read parsed, exactly', async () => {
    const balance = (await connection.getTokenAccountBalance(otherTokens)).value;
    expect(balance).toEqual({
      amount: '5000000001',
      decimals: 9,
      uiAmount: 5.000000001,
      uiAmountString: '5.000000001',
    });
    const parsed = (await connection.getParsedAccountInfo(otherTokens)).value!;
    expect(parsed.data).toMatchObject({
      program: 'spl-token',
      parsed: {
        type: 'account',
        info: {
          mint: mint.toBase58(),
          owner: other.publicKey.toBase58(),
          state: 'initialized',
          isNative: false,
          tokenAmount: balance,
        },
      },
    });
    const parsedMint = (await connection.getParsedAccountInfo(mint)).value!;
    expect(parsedMint.data).toMatchObject({
      parsed: {
        type: 'mint',
        info: {
          supply: SUPPLY_BASE.toString(),
          decimals: 9,
          mintAuthority: payer.publicKey.toBase58(),
          freezeAuthority: null,
        },
      },
    });
    expect((await connection.getParsedAccountInfo(payer.publicKey)).value?.data).toBeInstanceOf(Buffer);
  });

  it('are listed by owner, by mint and by size', async () => {
    expect((await connection.getTokenSupply(mint)).value.amount).toBe(SUPPLY_BASE.toString());
    const largest = (await connection.getTokenLargestAccounts(mint)).value;
    expect(largest.map((item) => [item.address.toBase58(), item.amount])).toEqual([
      [ownTokens.toBase58(), '995000000000'],
      [otherTokens.toBase58(), '5000000001'],
    ]);
    const owned = (await connection.getTokenAccountsByOwner(other.publicKey, { mint })).value;
    expect(owned.map((item) => item.pubkey.toBase58())).toEqual([otherTokens.toBase58()]);
    const parsed = (await connection.getParsedTokenAccountsByOwner(payer.publicKey, { programId: TOKEN_PROGRAM_ID }))
      .value;
    expect(parsed).toHaveLength(1);
    expect(parsed[0]?.account.data.parsed).toMatchObject({ info: { tokenAmount: { amount: '995000000000' } } });
    expect(
      (await connection.getTokenAccountsByOwner(other.publicKey, { programId: TOKEN_2022_PROGRAM_ID })).value,
    ).toEqual([]);
  });

  it('that are closed are gone everywhere', async () => {
    const brief = await fundedKeypair(connection);
    const account = await createAssociatedTokenAccount(connection, payer, mint, brief.publicKey);
    await closeAccount(connection, payer, account, payer.publicKey, brief);
    expect(await connection.getAccountInfo(account)).toBeNull();
    expect((await connection.getTokenAccountsByOwner(brief.publicKey, { mint })).value).toEqual([]);
  });
});

describe('getProgramAccounts', () => {
  it('filters by bytes and by size, and cuts slices', async () => {
    const filters = [
      { dataSize: 165 },
      { memcmp: { offset: 0, bytes: mint.toBase58() } },
      { memcmp: { offset: 32, bytes: other.publicKey.toBase58() } },
    ];
    const found = await connection.getProgramAccounts(TOKEN_PROGRAM_ID, {
      filters,
      dataSlice: { offset: 32, length: 32 },
    });
    expect(found.map((item) => item.pubkey.toBase58())).toEqual([otherTokens.toBase58()]);
    expect(encodeBase58(found[0]!.account.data)).toBe(other.publicKey.toBase58());
    const base64 = [
      { memcmp: { offset: 32, bytes: other.publicKey.toBuffer().toString('base64'), encoding: 'base64' } },
    ];
    const answer = await call(chain.rpcUrl, 'getProgramAccounts', [
      TOKEN_PROGRAM_ID.toBase58(),
      { encoding: 'base64', withContext: true, filters: base64 },
    ]);
    expect((answer.result as { value: unknown[] }).value).toHaveLength(1);
    expect(
      await connection.getProgramAccounts(TOKEN_PROGRAM_ID, {
        filters: [{ memcmp: { offset: 160, bytes: mint.toBase58() } }],
      }),
    ).toEqual([]);
  });

  it('refuses base 58 for data too large for it, as a cluster does', async () => {
    expect((await call(chain.rpcUrl, 'getAccountInfo', [ownTokens.toBase58()])).error?.message).toMatch(
      /less than 128 bytes/,
    );
  });
});
