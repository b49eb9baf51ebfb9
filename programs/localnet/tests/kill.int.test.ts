import {
  Keypair,
  LAMPORTS_PER_SOL,
  PublicKey,
  SystemProgram,
  TransactionMessage,
  VersionedTransaction,
  type Connection,
} from '@solana/web3.js';
import { encodeBase58 } from '../codec/base58.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connect,
  endChainProcesses,
  fundedKeypair,
  startChainProcess,
  temporaryDir,
  type ChainProcess,
} from './support.ts';

const ROUNDS = 5;
/** Other moments in every run; a failure prints the seed that repeats them. */
const SEED = Date.now() % 1_000_000;
const SENDERS = 6;

interface Sent {
  readonly signature: string;
  readonly wire: Uint8Array;
  readonly to: PublicKey;
  readonly lamports: number;
}

const dir = temporaryDir();
let chain: ChainProcess;
let senders: Keypair[];
beforeAll(async () => {
  chain = await startChainProcess(dir.path);
  senders = await Promise.all(Array.from({ length: SENDERS }, () => fundedKeypair(connect(chain), 1000)));
});
afterAll(() => {
  endChainProcesses();
  dir.remove();
});

/** Sends as fast as the chain answers until it is gone. What was acknowledged goes to `acknowledged`. */
async function sendUntilGone(
  connection: Connection,
  from: Keypair,
  to: PublicKey,
  sent: Sent[],
  acknowledged: Set<string>,
): Promise<void> {
  try {
    const { blockhash } = await connection.getLatestBlockhash();
    for (let lamports = LAMPORTS_PER_SOL / 1000; ; lamports += 1) {
      const instructions = [SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports })];
      const transaction = new VersionedTransaction(
        new TransactionMessage({
          payerKey: from.publicKey,
          recentBlockhash: blockhash,
          instructions,
        }).compileToV0Message(),
      );
      transaction.sign([from]);
      const wire = transaction.serialize();
      sent.push({ signature: encodeBase58(transaction.signatures[0]!), wire, to, lamports });
      acknowledged.add(await connection.sendRawTransaction(wire));
    }
  } catch (error) {
    // Only a lost connection ends a sender: an answer of the chain would be a fault.
    if (!/fetch failed|ECONNREFUSED|ECONNRESET|socket|other side closed|terminated/i.test(String(error))) throw error;
  }
}

async function landedSignatures(connection: Connection, sent: readonly Sent[]): Promise<Set<string>> {
  const landed = new Set<string>();
  for (let at = 0; at < sent.length; at += 256) {
    const part = sent.slice(at, at + 256);
    const { value } = await connection.getSignatureStatuses(part.map((one) => one.signature));
    part.forEach((one, index) => {
      if (value[index] === null) return;
      expect(value[index]?.err).toBeNull();
      landed.add(one.signature);
    });
  }
  return landed;
}

async function expectBalances(
  connection: Connection,
  sent: readonly Sent[],
  landed: ReadonlySet<string>,
): Promise<void> {
  const sums = new Map<string, number>();
  for (const { to, lamports, signature } of sent)
    sums.set(to.toBase58(), (sums.get(to.toBase58()) ?? 0) + (landed.has(signature) ? lamports : 0));
  for (const [to, sum] of sums) expect(await connection.getBalance(new PublicKey(to))).toBe(sum);
}

/** Numerical Recipes' generator: good enough to choose moments, and the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe(`kill -9, seed ${SEED}`, () => {
  it(`keeps every acknowledged transaction over ${ROUNDS} kills and applies none twice`, async () => {
    const random = randomFrom(SEED);
    const sent: Sent[] = [];
    const acknowledged = new Set<string>();
    let lastSlot = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = connect(chain);
      const roundSent: Sent[] = [];
      const sending = Promise.all(
        senders.map((from) => sendUntilGone(running, from, Keypair.generate().publicKey, roundSent, acknowledged)),
      );
      await new Promise((resolve) => setTimeout(resolve, 30 + random() * 400));
      lastSlot = Math.max(lastSlot, await running.getSlot());
      await chain.end('SIGKILL');
      await sending;
      sent.push(...roundSent);

      chain = await startChainProcess(dir.path);
      const restored = connect(chain);
      expect(await restored.getSlot()).toBeGreaterThan(lastSlot);
      const landed = await landedSignatures(restored, sent);
      for (const signature of acknowledged) expect(landed).toContain(signature);
      await expectBalances(restored, sent, landed);

      // Whatever a client sends again after the crash lands once: now, or it had landed before.
      await Promise.all(
        roundSent.slice(-20).map((one) => restored.sendRawTransaction(one.wire, { skipPreflight: true })),
      );
      await expectBalances(restored, sent, await landedSignatures(restored, sent));
    }
    expect(acknowledged.size).toBeGreaterThan(ROUNDS * SENDERS);
  }, 240_000);
});

describe('a full disk', () => {
  it('refuses what it cannot write, ends the process, and keeps what it acknowledged', async () => {
    const full = temporaryDir();
    // In blocks of 512 bytes; the signal would end the process before it could say why.
    const limited = await startChainProcess(full.path, "trap '' XFSZ; ulimit -f 80");
    const gone = new Promise<number | null>((resolve) => limited.child.once('exit', resolve));
    const from = await fundedKeypair(connect(limited), 1000);
    const sent: Sent[] = [];
    const acknowledged = new Set<string>();
    const to = Keypair.generate().publicKey;
    await sendUntilGone(connect(limited), from, to, sent, acknowledged).catch((error: unknown) => {
      expect(String(error)).toMatch(/cannot write its journal/);
    });
    expect(await gone).toBe(1);

    const restored = await startChainProcess(full.path);
    const landed = await landedSignatures(connect(restored), sent);
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const signature of acknowledged) expect(landed).toContain(signature);
    await expectBalances(connect(restored), sent, landed);
    await restored.end('SIGTERM');
    full.remove();
  });
});
