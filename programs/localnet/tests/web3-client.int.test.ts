import {
  AddressLookupTableProgram,
  ComputeBudgetProgram,
  Keypair,
  LAMPORTS_PER_SOL,
  PublicKey,
  sendAndConfirmTransaction,
  SendTransactionError,
  SystemProgram,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
  type Connection,
  type TransactionInstruction,
} from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, connect, fundedKeypair, startChain, temporaryDir } from './support.ts';
import type { Localnet } from '../start-localnet.ts';

const dir = temporaryDir();
let chain: Localnet;
let connection: Connection;
let payer: Keypair;
beforeAll(async () => {
  chain = await startChain(dir.path);
  connection = connect(chain);
  payer = await fundedKeypair(connection, 1000);
});
afterAll(async () => {
  await chain.close();
  dir.remove();
});

const transfer = (to: PublicKey, lamports: number | bigint): TransactionInstruction =>
  SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports });

async function signed(instructions: TransactionInstruction[], blockhash?: string): Promise<VersionedTransaction> {
  const recentBlockhash = blockhash ?? (await connection.getLatestBlockhash()).blockhash;
  const transaction = new VersionedTransaction(
    new TransactionMessage({ payerKey: payer.publicKey, recentBlockhash, instructions }).compileToV0Message(),
  );
  transaction.sign([payer]);
  return transaction;
}

describe('airdrops', () => {
  it('arrive, and two equal ones in the same slot are two', async () => {
    const to = Keypair.generate().publicKey;
    const [one, two] = await Promise.all([
      connection.requestAirdrop(to, LAMPORTS_PER_SOL),
      connection.requestAirdrop(to, LAMPORTS_PER_SOL),
    ]);
    expect(one).not.toBe(two);
    expect(
      (await connection.confirmTransaction({ signature: one, ...(await connection.getLatestBlockhash()) })).value.err,
    ).toBeNull();
    expect(await connection.getBalance(to)).toBe(2 * LAMPORTS_PER_SOL);
  });
});

describe('a legacy transaction', () => {
  it('is sent, confirmed and read back with its balances and fee', async () => {
    const to = Keypair.generate().publicKey;
    const signature = await sendAndConfirmTransaction(
      connection,
      new Transaction().add(transfer(to, LAMPORTS_PER_SOL)),
      [payer],
    );
    const read = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(read?.version).toBe('legacy');
    expect(read?.meta).toMatchObject({ err: null, fee: 5000, computeUnitsConsumed: 150 });
    expect(read?.meta?.postBalances[1]).toBe(LAMPORTS_PER_SOL);
    expect(read!.meta!.preBalances[0]! - read!.meta!.postBalances[0]!).toBe(LAMPORTS_PER_SOL + 5000);
    expect(read?.transaction.message.getAccountKeys().staticAccountKeys.map(String)).toEqual(
      [payer.publicKey, to, SystemProgram.programId].map(String),
    );
    const parsed = await connection.getParsedTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(parsed?.transaction.message.accountKeys[0]).toMatchObject({
      signer: true,
      writable: true,
      source: 'transaction',
    });
  });
});

describe('a version 0 transaction', () => {
  it('pays its priority fee, and the fee adds up', async () => {
    const to = Keypair.generate().publicKey;
    const before = await connection.getBalance(payer.publicKey);
    const budget = [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 50_000 }),
      ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 1_000_001 }),
    ];
    const signature = await connection.sendTransaction(await signed([...budget, transfer(to, LAMPORTS_PER_SOL)]));
    const read = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(read?.version).toBe(0);
    expect(read?.meta?.fee).toBe(5000 + 50_001);
    expect(await connection.getBalance(payer.publicKey)).toBe(before - LAMPORTS_PER_SOL - 5000 - 50_001);
  });

  it('shows the priority fee it paid where it named no limit', async () => {
    const before = await connection.getBalance(payer.publicKey);
    const signature = await connection.sendTransaction(
      await signed([
        ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 2_000_000 }),
        transfer(payer.publicKey, 1),
      ]),
    );
    const fee = (await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }))!.meta!.fee;
    expect(fee).toBeGreaterThan(5000);
    expect(await connection.getBalance(payer.publicKey)).toBe(before - fee);
  });

  it('uses a lookup table, and shows the addresses it loaded', async () => {
    const to = Keypair.generate().publicKey;
    const [create, lookupTable] = AddressLookupTableProgram.createLookupTable({
      authority: payer.publicKey,
      payer: payer.publicKey,
      recentSlot: (await connection.getSlot()) - 1,
    });
    const extend = AddressLookupTableProgram.extendLookupTable({
      payer: payer.publicKey,
      authority: payer.publicKey,
      lookupTable,
      addresses: [to],
    });
    await sendAndConfirmTransaction(connection, new Transaction().add(create, extend), [payer]);
    const extendedAt = await connection.getSlot();
    await expect.poll(() => connection.getSlot()).toBeGreaterThan(extendedAt);
    const table = (await connection.getAddressLookupTable(lookupTable)).value!;
    const { blockhash } = await connection.getLatestBlockhash();
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: blockhash,
      instructions: [transfer(to, LAMPORTS_PER_SOL)],
    }).compileToV0Message([table]);
    const transaction = new VersionedTransaction(message);
    transaction.sign([payer]);
    const signature = await connection.sendTransaction(transaction);
    expect(await connection.getBalance(to)).toBe(LAMPORTS_PER_SOL);
    const read = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(read?.meta?.loadedAddresses?.writable.map(String)).toEqual([to.toBase58()]);
    expect((await connection.getSignaturesForAddress(to)).map((item) => item.signature)).toEqual([signature]);
    expect((await call(chain.rpcUrl, 'getTransaction', [signature])).error?.code).toBe(-32015);
  });
});

describe('what the chain refuses', () => {
  it('is refused in preflight, with the program error and the logs, and costs nothing', async () => {
    const before = await connection.getBalance(payer.publicKey);
    const failed = connection.sendTransaction(await signed([transfer(Keypair.generate().publicKey, 10n ** 15n)]));
    await expect(failed).rejects.toThrow(SendTransactionError);
    await expect(failed).rejects.toThrow(/custom program error: 0x1/);
    expect(await connection.getBalance(payer.publicKey)).toBe(before);
  });

  it('lands with its error and its fee where preflight is skipped', async () => {
    const before = await connection.getBalance(payer.publicKey);
    const signature = await connection.sendTransaction(
      await signed([transfer(Keypair.generate().publicKey, 10n ** 15n)]),
      { skipPreflight: true },
    );
    const error = { InstructionError: [0, { Custom: 1 }] };
    expect((await connection.getSignatureStatuses([signature])).value[0]?.err).toEqual(error);
    expect((await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }))?.meta).toMatchObject({
      err: error,
      fee: 5000,
    });
    expect(await connection.getBalance(payer.publicKey)).toBe(before - 5000);
  });

  it.each([true, false])('a blockhash it never issued (skipPreflight %s)', async (skipPreflight) => {
    const transaction = await signed([transfer(payer.publicKey, 1)], Keypair.generate().publicKey.toBase58());
    const answer = await call(chain.rpcUrl, 'sendTransaction', [
      Buffer.from(transaction.serialize()).toString('base64'),
      { encoding: 'base64', skipPreflight },
    ]);
    expect(answer.error).toMatchObject({
      code: -32002,
      message: 'Transaction simulation failed: Blockhash not found',
      data: { err: 'BlockhashNotFound' },
    });
  });

  it('a wrong signature, with or without preflight', async () => {
    const transaction = await signed([transfer(payer.publicKey, 1)]);
    transaction.signatures[0]![5]! ^= 1;
    for (const skipPreflight of [true, false]) {
      const answer = await call(chain.rpcUrl, 'sendTransaction', [
        Buffer.from(transaction.serialize()).toString('base64'),
        { encoding: 'base64', skipPreflight },
      ]);
      expect(answer.error).toMatchObject({ code: -32003 });
    }
  });

  it('a payer without an account', async () => {
    const poor = Keypair.generate();
    const transaction = new Transaction().add(
      SystemProgram.transfer({ fromPubkey: poor.publicKey, toPubkey: payer.publicKey, lamports: 1 }),
    );
    await expect(connection.sendTransaction(transaction, [poor])).rejects.toThrow(/no record of a prior credit/);
  });
});

describe('the same transaction again', () => {
  it('is not run again', async () => {
    const to = Keypair.generate().publicKey;
    const wire = (await signed([transfer(to, LAMPORTS_PER_SOL)])).serialize();
    const signatures = await Promise.all(
      [wire, wire, wire].map((bytes) => connection.sendRawTransaction(bytes, { skipPreflight: true })),
    );
    expect(new Set(signatures).size).toBe(1);
    await expect(connection.sendRawTransaction(wire)).rejects.toThrow(/already been processed/);
    expect(await connection.getBalance(to)).toBe(LAMPORTS_PER_SOL);
  });
});

describe('simulation', () => {
  it('shows logs, units and accounts after it, and changes nothing', async () => {
    const to = Keypair.generate().publicKey;
    const { value } = await connection.simulateTransaction(await signed([transfer(to, LAMPORTS_PER_SOL)]), {
      sigVerify: true,
      accounts: { encoding: 'base64', addresses: [to.toBase58()] },
    });
    expect(value).toMatchObject({ err: null, unitsConsumed: 150 });
    expect(value.logs).toHaveLength(2);
    expect(value.accounts?.[0]?.lamports).toBe(LAMPORTS_PER_SOL);
    expect(await connection.getAccountInfo(to)).toBeNull();
  });

  it('takes an unsigned transaction with any blockhash where asked to replace it', async () => {
    const message = new TransactionMessage({
      payerKey: payer.publicKey,
      recentBlockhash: PublicKey.default.toBase58(),
      instructions: [transfer(payer.publicKey, 1)],
    });
    const unsigned = new VersionedTransaction(message.compileToV0Message());
    expect((await connection.simulateTransaction(unsigned, { replaceRecentBlockhash: true })).value.err).toBeNull();
    expect((await connection.simulateTransaction(unsigned)).value.err).toBe('BlockhashNotFound');
  });
});

describe('lists', () => {
  it('page backwards through the signatures of an address', async () => {
    const to = Keypair.generate().publicKey;
    const sent: string[] = [];
    for (let lamports = LAMPORTS_PER_SOL; lamports < LAMPORTS_PER_SOL + 5; lamports += 1)
      sent.unshift(await connection.sendTransaction(await signed([transfer(to, lamports)])));
    const list = async (options: { before?: string; until?: string; limit?: number }): Promise<string[]> =>
      (await connection.getSignaturesForAddress(to, options)).map((item) => item.signature);
    expect(await list({})).toEqual(sent);
    expect(await list({ limit: 2 })).toEqual(sent.slice(0, 2));
    expect(await list({ before: sent[1]!, limit: 2 })).toEqual(sent.slice(2, 4));
    expect(await list({ until: sent[3]! })).toEqual(sent.slice(0, 3));
    expect(await list({ before: sent[0]!, until: sent[4]! })).toEqual(sent.slice(1, 4));
  });

  it('answer many accounts in the order asked, missing ones as null', async () => {
    const missing = Keypair.generate().publicKey;
    const [program, none, own] = await connection.getMultipleAccountsInfo([
      SystemProgram.programId,
      missing,
      payer.publicKey,
    ]);
    expect(program?.executable).toBe(true);
    expect(none).toBeNull();
    expect(own?.owner.equals(SystemProgram.programId)).toBe(true);
  });
});

describe('blocks', () => {
  it('hold the transactions of their slot, chained by their hashes', async () => {
    const signature = await connection.sendTransaction(
      await signed([transfer(Keypair.generate().publicKey, LAMPORTS_PER_SOL)]),
    );
    const { slot } = (await connection.getSignatureStatuses([signature])).value[0]!;
    await expect.poll(() => connection.getSlot()).toBeGreaterThan(slot);
    const block = (await connection.getBlock(slot, { maxSupportedTransactionVersion: 0 }))!;
    const next = (await connection.getBlock(slot + 1, { maxSupportedTransactionVersion: 0 }))!;
    expect(block.transactions.map((item) => item.transaction.signatures[0])).toContain(signature);
    expect(next.previousBlockhash).toBe(block.blockhash);
    expect(await connection.getBlocks(slot, slot + 1)).toEqual([slot, slot + 1]);
    expect(Math.abs((await connection.getBlockTime(slot))! - Date.now() / 1000)).toBeLessThan(5);
    expect((await call(chain.rpcUrl, 'getBlock', [slot + 1000])).error?.code).toBe(-32004);
  });
});

describe('the cluster', () => {
  it('answers what clients ask before they begin', async () => {
    expect((await connection.getVersion())['solana-core']).toMatch(/^\d/);
    expect((await connection.getEpochInfo()).absoluteSlot).toBeGreaterThan(0);
    expect(await connection.getGenesisHash()).toHaveLength(44);
    expect(await connection.getMinimumBalanceForRentExemption(165)).toBe(2_039_280);
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
    expect((await connection.isBlockhashValid(blockhash)).value).toBe(true);
    expect(lastValidBlockHeight - (await connection.getBlockHeight())).toBeGreaterThan(140);
    expect((await connection.getFeeForMessage((await signed([transfer(payer.publicKey, 1)])).message)).value).toBe(
      5000,
    );
  });
});
