import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublicKey } from '@solana/web3.js';
import {
  Keypair,
  LAMPORTS_PER_SOL,
  SystemProgram,
  SYSVAR_CLOCK_PUBKEY,
  Transaction,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
  type Connection,
} from '@solana/web3.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Svm } from '../chain/svm.ts';
import { segmentPath } from '../journal/files.ts';
import type { Localnet, LocalnetOptions } from '../start-localnet.ts';
import { call, connect, fundedKeypair, startChain, temporaryDir } from './support.ts';

const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr';
const ASSOCIATED_TOKEN = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';

let dir: ReturnType<typeof temporaryDir>;
let chain: Localnet | undefined;
beforeEach(() => {
  dir = temporaryDir();
});
afterEach(async () => {
  await chain?.close();
  chain = undefined;
  dir.remove();
});

async function start(over: Partial<LocalnetOptions> = {}): Promise<Connection> {
  chain = await startChain(dir.path, over);
  return connect(chain);
}

async function restart(over: Partial<LocalnetOptions> = {}): Promise<Connection> {
  await chain?.close();
  chain = undefined;
  return await start(over);
}

async function transferWire(
  connection: Connection,
  from: Keypair,
  to: PublicKey,
  lamports: number,
): Promise<Uint8Array> {
  const { blockhash } = await connection.getLatestBlockhash();
  const instructions = [SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports })];
  const transaction = new VersionedTransaction(
    new TransactionMessage({ payerKey: from.publicKey, recentBlockhash: blockhash, instructions }).compileToV0Message(),
  );
  transaction.sign([from]);
  return transaction.serialize();
}

describe('after a restart', () => {
  it.each([
    { kind: 'the journal alone', snapshotEveryBytes: 1 << 30 },
    { kind: 'snapshots', snapshotEveryBytes: 2000 },
  ])('everything is as it was, from $kind', async ({ snapshotEveryBytes }) => {
    const before = await start({ snapshotEveryBytes });
    const payer = await fundedKeypair(before);
    const to = Keypair.generate().publicKey;
    const signatures: string[] = [];
    for (let n = 0; n < 10; n += 1)
      signatures.unshift(
        await before.sendRawTransaction(await transferWire(before, payer, to, LAMPORTS_PER_SOL / 10 + n)),
      );
    const seen = async (connection: Connection): Promise<unknown> => ({
      lamports: await connection.getMultipleAccountsInfo([payer.publicKey, to]),
      list: await connection.getSignaturesForAddress(to),
      transactions: await connection.getTransactions(signatures, { maxSupportedTransactionVersion: 0 }),
      count: await connection.getTransactionCount(),
      genesis: await connection.getGenesisHash(),
      block: await connection.getBlockSignatures(await slotOf(connection, signatures[0]!)),
    });
    const was = await seen(before);
    const after = await restart({ snapshotEveryBytes });
    expect(await seen(after)).toEqual(was);
  });

  it('a transaction that landed is known, one that did not can still land, and slots go on', async () => {
    const before = await start();
    const payer = await fundedKeypair(before);
    const to = Keypair.generate().publicKey;
    const landed = await transferWire(before, payer, to, LAMPORTS_PER_SOL);
    await before.sendRawTransaction(landed);
    const unsent = await transferWire(before, payer, to, 7);
    const slot = await before.getSlot();
    const after = await restart();
    expect(await after.getSlot()).toBeGreaterThan(slot);
    await expect(after.sendRawTransaction(landed)).rejects.toThrow(/already been processed/);
    await after.sendRawTransaction(unsent);
    expect(await after.getBalance(to)).toBe(LAMPORTS_PER_SOL + 7);
  });

  it('time that was warped stays warped, and programs see it', async () => {
    const before = await start({ allowWarp: true });
    const { blockhash } = await before.getLatestBlockhash();
    const { result } = await call(chain!.rpcUrl, 'cyxwizWarpClock', [{ seconds: 7 * 86_400 }]);
    const warped = result as { slot: number; unixTimeS: number };
    expect(warped.unixTimeS).toBeGreaterThanOrEqual(Math.floor(Date.now() / 1000) + 7 * 86_400 - 2);
    expect((await before.isBlockhashValid(blockhash)).value).toBe(false);
    const after = await restart();
    const clock = (await after.getAccountInfo(SYSVAR_CLOCK_PUBKEY))!.data;
    expect(clock.readBigInt64LE(32)).toBeGreaterThanOrEqual(BigInt(warped.unixTimeS));
    expect(clock.readBigUInt64LE(0)).toBeGreaterThan(BigInt(warped.slot));
  });
});

describe('the warp', () => {
  it('is not there unless the chain was started with it', async () => {
    await start();
    expect((await call(chain!.rpcUrl, 'cyxwizWarpClock', [{ seconds: 1 }])).error?.code).toBe(-32601);
  });
});

describe('a damaged journal', () => {
  it('with a torn tail starts without the tail', async () => {
    const connection = await start();
    const payer = await fundedKeypair(connection);
    await chain!.close();
    const path = segmentPath(dir.path, 1);
    appendFileSync(path, readFileSync(path).subarray(8, 100));
    const events: string[] = [];
    chain = undefined;
    const after = await start({ log: (event) => events.push(event) });
    expect(events).toContain('journal.tornTail');
    expect(await after.getBalance(payer.publicKey)).toBe(10 * LAMPORTS_PER_SOL);
  });

  it('in the middle refuses to start, says where, and leaves the directory free', async () => {
    const connection = await start();
    await fundedKeypair(connection);
    await chain!.close();
    chain = undefined;
    const path = segmentPath(dir.path, 1);
    const whole = readFileSync(path);
    const bad = Buffer.from(whole);
    bad[100]! ^= 1;
    writeFileSync(path, bad);
    await expect(start()).rejects.toMatchObject({
      code: 'STORAGE_CORRUPT',
      message: expect.stringContaining(`${path} is damaged at byte 8`) as string,
    });
    writeFileSync(path, whole);
    await start();
  });
});

describe('two chains', () => {
  it('cannot share a directory', async () => {
    await start();
    await expect(startChain(dir.path)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  });

  it('cannot share a port, which is named with the variable that changes it', async () => {
    await start();
    const other = temporaryDir();
    const taken = startChain(other.path, { rpcPort: chain!.rpcPort });
    await expect(taken).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/is taken.*CYXWIZ_SOLANA_RPC_PORT/) as string,
    });
    other.remove();
  });
});

describe('programs of the genesis', () => {
  const programId = Keypair.generate().publicKey;
  let soDir: string;
  let soPath: string;
  /** Programs that ship with the runtime double as programs on disk. */
  const elf = (address: string): Uint8Array => {
    const data = new Svm().account(address)!.data;
    return data;
  };
  beforeEach(() => {
    soDir = mkdtempSync(join(dir.path, 'so-'));
    soPath = join(soDir, 'program.so');
    writeFileSync(soPath, elf(MEMO));
  });
  afterEach(() => rmSync(soDir, { recursive: true, force: true }));

  async function memo(connection: Connection, text: string): Promise<string[]> {
    const payer = await fundedKeypair(connection);
    const transaction = new Transaction().add(
      new TransactionInstruction({ programId, keys: [], data: Buffer.from(text) }),
    );
    const signature = await connection.sendTransaction(transaction, [payer]);
    return (await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }))?.meta?.logMessages ?? [];
  }

  it('run, and are loaded again from where they were, named or not', async () => {
    const programs = [{ programId: programId.toBase58(), soPath }];
    const connection = await start({ programs });
    expect((await connection.getAccountInfo(programId))?.executable).toBe(true);
    expect((await memo(connection, 'first')).join()).toContain('first');
    const after = await restart();
    expect((await memo(after, 'second')).join()).toContain('second');
  });

  it('are upgraded in place where their file changed, and it is logged', async () => {
    const programs = [{ programId: programId.toBase58(), soPath }];
    await start({ programs });
    writeFileSync(soPath, elf(ASSOCIATED_TOKEN));
    const events: [string, unknown][] = [];
    const after = await restart({ programs, log: (event, facts) => events.push([event, facts]) });
    expect(events.find(([event]) => event === 'program.upgraded')?.[1]).toMatchObject({
      programId: programId.toBase58(),
      soPath,
    });
    await expect(memo(after, 'third')).rejects.toThrow();
    const again: string[] = [];
    await restart({ programs, log: (event) => again.push(event) });
    expect(again).not.toContain('program.upgraded');
  });

  it('that are missing, or are no programs, stop the start', async () => {
    await expect(
      start({ programs: [{ programId: programId.toBase58(), soPath: `${soPath}.none` }] }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    writeFileSync(soPath, 'not a program');
    await expect(start({ programs: [{ programId: programId.toBase58(), soPath }] })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

async function slotOf(connection: Connection, signature: string): Promise<number> {
  return (await connection.getSignatureStatuses([signature])).value[0]!.slot;
}
