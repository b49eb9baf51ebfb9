import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import bs58 from 'bs58';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createReceiptActivities } from '#activities/platform/receipt';
import { createSettledJobs } from '#activities/platform/testing/settled-jobs';
import { createWorld, type World } from '#activities/platform/testing/world';
import type { ReceiptLine } from '#core/receipt/events';
import { verifyReceipt } from '#core/receipt/receipt';
import { drawSeed, DRAW_AFTER_SLOTS } from '#core/verification/draw';
import { findAttempt } from '#db/postgres/attempts';
import { findReceipt } from '#db/postgres/receipts';
import { receipts, verificationDraws } from '#db/postgres/schema';
import { findEscrowPda } from '#programs/clients/ts/pda';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { PublicKey } from '@solana/web3.js';
import { requireJob } from '#db/postgres/jobs';
import { temporaryStack, type TemporaryStack } from '#scripts/test/temporary-stack';
import { run } from '../main.ts';
import { compareWithChain } from './against-chain.ts';

let stack: TemporaryStack;
let world: World;
let folder: string;
let paid: { body: string; lines: readonly ReceiptLine[]; signerHex: string };
let refunded: typeof paid;

async function receiptOf(jobId: string): Promise<typeof paid> {
  await createReceiptActivities({ db: world.postgres.db, chain: world.chain }).issueReceipt({ jobId });
  const { body } = (await findReceipt(world.postgres.db, jobId))!;
  const verified = await verifyReceipt(body);
  if (!verified.ok) throw new Error(verified.reason);
  return { body, lines: verified.lines, signerHex: verified.signerHex };
}

beforeAll(async () => {
  stack = await temporaryStack(['postgres', 'localnet']);
  world = await createWorld(stack.stack.config);
  folder = mkdtempSync(join(tmpdir(), 'cyxwiz-receipt-'));
  const jobs = createSettledJobs(world);
  const jobId = await jobs.paid();
  await drawFor(jobId);
  paid = await receiptOf(jobId);
  refunded = await receiptOf(await jobs.refunded());
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
  await stack.remove();
});

/** A draw as the verification makes it, over a run of which no links are left on record. */
async function drawFor(jobId: string): Promise<void> {
  const { db } = world.postgres;
  const job = await requireJob(db, jobId);
  await db.execute(`UPDATE jobs SET graph_json = '${GRAPH}', hyper_parameters = '{"optimizer":"adam","learningRate":0.001,"epochs":1,"batchSize":8,"seed":1}' WHERE id = '${jobId}'`);
  const escrow = (await world.chain.escrow(findEscrowPda({ requester: new PublicKey(job.requesterAddress), jobId: uuidToBytes(jobId) }).address))!;
  const [attempt] = escrow.attempts;
  const wrapped = (await findAttempt(db, { jobId, attempt: 1 }))!.drawSecretWrapped!;
  const secret = await world.kms.unwrap(wrapped, 'draw-secret', `${jobId}/1`);
  const slot = attempt!.commitSlot + DRAW_AFTER_SLOTS;
  while (BigInt(await world.chain.connection.getSlot()) < slot) await delay(200);
  const { blockhash } = (await world.chain.connection.getBlock(Number(slot), { transactionDetails: 'none', maxSupportedTransactionVersion: 0 }))!;
  const seed = await drawSeed({ root: attempt!.root, blockhash: bs58.decode(blockhash), secret, drawHash: attempt!.drawHash });
  await db.insert(verificationDraws).values({ jobId, attempt: 1, root: attempt!.root, slot, blockhash, secret, seed, rates: { 1: 1 }, segments: [{ fromStep: 0, toStep: 50, attempt: 1 }] });
}
const GRAPH = '{"version":1,"nodes":[{"id":"in","type":"DataInput","params":{"shape":[2]}},{"id":"s","type":"Linear","params":{"units":2}},{"id":"out","type":"Output","params":{}}],"edges":[{"from":"in","to":"s"},{"from":"s","to":"out"}]}';

const compare = (lines: readonly ReceiptLine[], signerHex = paid.signerHex) => compareWithChain(world.chain.connection, lines, signerHex);

/** The lines with one of them changed, and where that was. */
function changed(lines: readonly ReceiptLine[], kind: ReceiptLine['kind'], change: { facts?: object; signature?: string; at?: string }): { lines: ReceiptLine[]; line: number } {
  const index = lines.findIndex((line) => line.kind === kind);
  const original = lines[index]!;
  return { lines: lines.with(index, { ...original, ...change, facts: { ...original.facts, ...change.facts } } as ReceiptLine), line: index + 1 };
}

describe('a receipt as it was issued', () => {
  it('agrees with the chain', async () => {
    expect(paid.lines.map(({ kind }) => kind)).toContain('draw');
    expect(await compare(paid.lines)).toEqual([]);
    expect(await compare(refunded.lines)).toEqual([]);
  });
});

describe('what a receipt says of itself alone', () => {
  const other = new PublicKey(randomBytes(32)).toBase58();
  it.each<[string, () => readonly ReceiptLine[], ReceiptLine['kind'], object]>([
    ['another mint', () => paid.lines, 'header', { facts: { mint: other } }],
    ['another amount', () => paid.lines, 'lock', { facts: { amountBase: '1' } }],
    ['another node', () => paid.lines, 'assignment', { facts: { nodeAccount: other } }],
    ['another draw hash', () => paid.lines, 'assignment', { facts: { drawHash: null } }],
    ['another time', () => paid.lines, 'assignment', { at: '2026-01-01T00:00:00.000Z' }],
    ['another root', () => paid.lines, 'commit', { facts: { root: 'a'.repeat(64) } }],
    ['another commit slot', () => paid.lines, 'commit', { facts: { slot: '7' } }],
    ['another block', () => paid.lines, 'draw', { facts: { blockhash: other } }],
    ['another outcome', () => paid.lines, 'closed', { facts: { outcome: 'released' } }],
    ['other evidence', () => refunded.lines, 'closed', { facts: { evidenceHash: 'b'.repeat(64) } }],
    ['another payee', () => paid.lines, 'payout', { facts: { to: `wallet:${other}` } }],
    ['a smaller payment', () => paid.lines, 'payout', { facts: { amountBase: '44999999999' } }],
    ['a smaller fee', () => paid.lines, 'fee', { facts: { amountBase: '1' } }],
    ['a smaller refund', () => refunded.lines, 'refund', { facts: { amountBase: '1' } }],
    ['a smaller slash', () => refunded.lines, 'slash', { facts: { amountBase: '1' } }],
    ['a signature that is nowhere', () => paid.lines, 'fee', { signature: bs58.encode(randomBytes(64)) }],
  ])('is found where it is %s', async (_, lines, kind, change) => {
    const forged = changed(lines(), kind, change);
    expect((await compare(forged.lines)).map(({ line }) => line)).toContain(forged.line);
  });

  it('is found where a line leads to the transaction of another line', async () => {
    for (const { lines } of [paid, refunded]) {
      const [lock, assignment] = ['lock', 'assignment'].map((kind) => lines.find((line) => line.kind === kind)!.signature!);
      for (const { kind, signature } of lines.filter((line) => line.signature !== undefined)) {
        const forged = changed(lines, kind, { signature: signature === lock ? assignment! : lock! });
        expect((await compare(forged.lines)).map(({ line }) => line), kind).toEqual([forged.line]);
      }
    }
  });

  it('is found where it leaves out an attempt, or somebody else signed it', async () => {
    const without = refunded.lines.filter(({ kind }) => !['assignment', 'slash', 'closed'].includes(kind));
    expect((await compare(without)).at(-1)?.reason).toContain('attempt 1 is on chain, but no line tells of it');
    expect(await compare(paid.lines, 'a'.repeat(64))).toEqual([{ line: paid.lines.length + 1, reason: expect.stringContaining('not signed by') as string }]);
  });
});

describe('cyxwiz receipt verify', () => {
  async function verified(body: string, args: string[] = []): Promise<{ code: number; out: string }> {
    const file = join(folder, 'receipt.jsonl');
    writeFileSync(file, body);
    let out = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
    try {
      const code = await run(['node', 'cyxwiz', 'receipt', 'verify', file, ...args], { ...stack.stack.env } as unknown as NodeJS.ProcessEnv);
      return { code, out };
    } finally {
      write.mockRestore();
      process.exitCode = undefined;
    }
  }

  it('says that every line holds, and exits with 0', async () => {
    const { code, out } = await verified(paid.body);
    expect(out).toContain('every line holds, by itself and on chain');
    expect(code).toBe(0);
    expect((await verified(paid.body, ['--offline'])).out).toContain('the chain was not asked');
  });

  it('names the line, and exits with 1', async () => {
    const { code, out } = await verified(paid.body.replace('"valid":true', '"valid":false'));
    const { index } = paid.lines.find(({ kind }) => kind === 'verdict')!;
    expect(out).toContain(`line ${index + 2}: it does not follow line ${index + 1}`);
    expect(code).toBe(1);
    expect(JSON.parse((await verified(paid.body.slice(0, -2), ['--json'])).out)).toMatchObject({ ok: false, checkedAgainstChain: false });
  });

  it('finds a receipt of another platform, whose every line holds by itself', async () => {
    const { jobId } = paid.lines[0]!.facts as { jobId: string };
    const { generateKeyPairSync, sign } = await import('node:crypto');
    const { buildReceipt } = await import('#core/receipt/receipt');
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const events = paid.lines.map(({ index: _index, previous: _previous, ...event }) => event);
    const { text } = await buildReceipt(events, { publicKey: raw, sign: (message) => new Uint8Array(sign(null, message, privateKey)) });
    await world.postgres.db.delete(receipts).where(eq(receipts.jobId, jobId));
    expect((await verified(text, ['--offline'])).code).toBe(0);
    const { code, out } = await verified(text);
    expect(code).toBe(1);
    expect(out).toContain(`line ${paid.lines.length + 1}: it is not signed by`);
  });
});
