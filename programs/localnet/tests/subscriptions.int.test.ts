import { createMint, getOrCreateAssociatedTokenAccount, mintTo, TOKEN_PROGRAM_ID } from '@solana/spl-token';
import {
  Keypair,
  LAMPORTS_PER_SOL,
  SystemProgram,
  Transaction,
  type Connection,
  type SignatureResult,
} from '@solana/web3.js';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, fundedKeypair, startChain, temporaryDir } from './support.ts';
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

/** web3.js subscribes on its own time; this waits until a marker event came through, so that nothing is missed. */
async function subscribed<T>(
  open: (listener: (event: T) => void) => number,
  events: T[],
  nudge: () => Promise<unknown>,
): Promise<number> {
  const id = open((event) => events.push(event));
  await expect
    .poll(
      async () => {
        await nudge();
        return events.length;
      },
      { timeout: 10_000, interval: 50 },
    )
    .toBeGreaterThan(0);
  events.length = 0;
  return id;
}

describe('subscriptions of web3.js', () => {
  it('tell each change of an account, in order', async () => {
    const { publicKey } = Keypair.generate();
    const lamports: number[] = [];
    const nudge = (): Promise<string> => connection.requestAirdrop(publicKey, LAMPORTS_PER_SOL);
    const id = await subscribed<number>(
      (push) => connection.onAccountChange(publicKey, (account) => push(account.lamports)),
      lamports,
      nudge,
    );
    const before = await connection.getBalance(publicKey);
    for (let n = 0; n < 3; n += 1) await nudge();
    await expect.poll(() => lamports.at(-1)).toBe(before + 3 * LAMPORTS_PER_SOL);
    expect(lamports.slice(-3)).toEqual([1, 2, 3].map((n) => before + n * LAMPORTS_PER_SOL));
    await connection.removeAccountChangeListener(id);
  });

  it('tell the accounts of a program that pass the filters', async () => {
    const mint = await createMint(connection, payer, payer.publicKey, null, 0);
    const [mine, another] = await Promise.all(
      [payer.publicKey, Keypair.generate().publicKey].map(
        async (owner) => (await getOrCreateAssociatedTokenAccount(connection, payer, mint, owner)).address,
      ),
    );
    const seen: string[] = [];
    const filters = [{ dataSize: 165 }, { memcmp: { offset: 32, bytes: payer.publicKey.toBase58() } }];
    const nudge = (): Promise<string> => mintTo(connection, payer, mint, mine!, payer, 1n);
    const id = await subscribed<string>(
      (push) =>
        connection.onProgramAccountChange(TOKEN_PROGRAM_ID, (item) => push(item.accountId.toBase58()), {
          commitment: 'confirmed',
          filters,
        }),
      seen,
      nudge,
    );
    await mintTo(connection, payer, mint, another!, payer, 1n);
    await nudge();
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set([mine!.toBase58()]));
    await connection.removeProgramAccountChangeListener(id);
  });

  it('tell the logs that mention an address', async () => {
    const to = Keypair.generate().publicKey;
    const logs: string[][] = [];
    const id = await subscribed<string[]>(
      (push) => connection.onLogs(to, (event) => push(event.logs)),
      logs,
      () => connection.requestAirdrop(to, LAMPORTS_PER_SOL),
    );
    await connection.requestAirdrop(to, LAMPORTS_PER_SOL);
    await connection.requestAirdrop(Keypair.generate().publicKey, LAMPORTS_PER_SOL);
    await expect.poll(() => logs.length).toBeGreaterThan(0);
    expect(logs.flat().join('\n')).toContain('Program 11111111111111111111111111111111 success');
    await connection.removeOnLogsListener(id);
  });

  it('tell the outcome of a signature, also of one that landed long ago', async () => {
    const transaction = new Transaction().add(
      SystemProgram.transfer({
        fromPubkey: payer.publicKey,
        toPubkey: Keypair.generate().publicKey,
        lamports: 10n ** 15n,
      }),
    );
    const signature = await connection.sendTransaction(transaction, [payer], { skipPreflight: true });
    const outcome = await new Promise<SignatureResult>((resolve) => connection.onSignature(signature, resolve));
    expect(outcome.err).toEqual({ InstructionError: [0, { Custom: 1 }] });
  });

  it('tell slots as they pass', async () => {
    const slots: number[] = [];
    const id = connection.onSlotChange(({ slot }) => slots.push(slot));
    await expect.poll(() => slots.length, { timeout: 5000 }).toBeGreaterThan(2);
    expect(slots).toEqual([...slots].sort((a, b) => a - b));
    await connection.removeSlotChangeListener(id);
  });
});

describe('the WebSocket itself', () => {
  async function open(): Promise<{ ask(message: unknown): Promise<Record<string, unknown>>; close(): void }> {
    const socket = new WebSocket(chain.wsUrl);
    await new Promise((resolve) => socket.once('open', resolve));
    const ask = (message: unknown): Promise<Record<string, unknown>> => {
      const answer = new Promise<Record<string, unknown>>((resolve) =>
        socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString('utf8')) as Record<string, unknown>)),
      );
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      return answer;
    };
    return { ask, close: () => socket.terminate() };
  }

  it('answers plain methods too, and errors in place of crashes', async () => {
    const { ask, close } = await open();
    expect(await ask({ jsonrpc: '2.0', id: 'a', method: 'getHealth' })).toMatchObject({ id: 'a', result: 'ok' });
    expect(await ask('{')).toMatchObject({ error: { code: -32700 } });
    expect(await ask({ jsonrpc: '2.0', id: 1, method: 'accountSubscribe', params: ['nothing'] })).toMatchObject({
      error: { code: -32602 },
    });
    expect(await ask({ jsonrpc: '2.0', id: 2, method: 'slotUnsubscribe', params: [77] })).toMatchObject({
      error: { code: -32602 },
    });
    expect(await ask({ jsonrpc: '2.0', id: 3, method: 'voteSubscribe' })).toMatchObject({ error: { code: -32601 } });
    close();
  });

  it('is ended when the chain closes', async () => {
    const brief = temporaryDir();
    const other = await startChain(brief.path);
    const socket = new WebSocket(other.wsUrl);
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await other.close();
    await closed;
    brief.remove();
  });

  it('holds a bounded number of subscriptions', async () => {
    const { ask, close } = await open();
    const batch = Array.from({ length: 1000 }, (_item, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'logsSubscribe',
      params: [{ mentions: [payer.publicKey.toBase58()] }],
    }));
    expect(await ask(batch)).toHaveLength(1000);
    expect(await ask({ jsonrpc: '2.0', id: 1, method: 'slotSubscribe' })).toMatchObject({ error: { code: -32600 } });
    close();
  });
});
