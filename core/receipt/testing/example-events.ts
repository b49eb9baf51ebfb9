import { drawHashOf, drawSeed, drawSegments } from '../../verification/draw.ts';
import { fromBase58 } from '../base58.ts';
import { RECEIPT_FORMAT, type ReceiptEvent } from '../events.ts';
import { fromHex, toHex } from '../hashing.ts';

/** For tests: the stories of made-up jobs. */

const address = (letter: string): string => letter.repeat(44);
const signature = (letter: string): string => letter.repeat(88);
const hash = (digit: string): string => digit.repeat(64);
const at = '2026-01-02T03:04:05.678Z';
const ESCROW = `escrow:${address('E')}`;
const REQUESTER = `wallet:${address('R')}`;
const NODE = { nodeId: '00000000-0000-4000-8000-00000000000a', nodeAccount: address('N') };

function opening(): ReceiptEvent[] {
  return [
    {
      kind: 'header',
      at,
      facts: {
        format: RECEIPT_FORMAT,
        jobId: '00000000-0000-4000-8000-000000000001',
        requester: address('R'),
        escrow: address('E'),
        jobEscrowProgram: address('P'),
        nodeRegistryProgram: address('Q'),
        mint: address('M'),
        treasuryOwner: address('T'),
        insuranceOwner: address('U'),
        specificationHash: hash('5'),
        datasetCid: 'bafyexample',
        deviceClass: 'cpu',
        checkpointEverySteps: 50,
      },
    },
    { kind: 'quote', at, facts: { quoteId: '00000000-0000-4000-8000-00000000000b', amountBase: '50000000000', pricePerHourBase: '300000000000', estimatedDurationMs: 9_000, deadlineAt: at } },
    { kind: 'lock', at, facts: { from: REQUESTER, to: ESCROW, amountBase: '50000000000' }, signature: signature('1') },
  ];
}

const SECRET = fromHex(hash('5'));
const BLOCKHASH = 'HxqSQ1DmyvqJAmPoGC58TEt8UDhf2QkRFDcKpx9mvh7p';

async function assignment(attempt: number, resumedFromStep: number | null = null): Promise<ReceiptEvent> {
  const drawHash = toHex(await drawHashOf(SECRET));
  return { kind: 'assignment', at, facts: { attempt, ...NODE, drawHash, resumedFromStep }, signature: signature(String(attempt + 1)) };
}

async function paid(attempt: number): Promise<ReceiptEvent[]> {
  const links = [{ step: 50, attempt: 1 }, { step: 100, attempt }, { step: 120, attempt }];
  const rates = { 1: 1, [attempt]: 0.5 };
  const seed = await drawSeed({ root: fromHex(hash('c')), blockhash: fromBase58(BLOCKHASH)!, secret: SECRET, drawHash: await drawHashOf(SECRET) });
  const segments = await drawSegments(seed, links.map((link, index) => ({ fromStep: links[index - 1]?.step ?? 0, toStep: link.step, attempt: link.attempt })), rates);
  return [
    { kind: 'commit', at, facts: { attempt, root: hash('c'), slot: '900', modelCid: 'bafymodel' }, signature: signature('6') },
    {
      kind: 'draw',
      at,
      facts: { attempt, root: hash('c'), slot: '932', blockhash: BLOCKHASH, secret: hash('5'), seed: toHex(seed), rates, links, segments },
    },
    { kind: 'verdict', at, facts: { attempt, opinion: 1, verifierId: 'verifier-1', valid: true, reason: '', blamedAttempt: null, segments: 1, steps: 50 } },
    { kind: 'closed', at, facts: { attempt, outcome: 'completed', reason: '', evidenceHash: null, banned: false }, signature: signature('7') },
    { kind: 'payout', at, facts: { attempt, from: ESCROW, to: `wallet:${address('W')}`, amountBase: '45000000000' }, signature: signature('7') },
    { kind: 'fee', at, facts: { attempt, from: ESCROW, to: 'platform', amountBase: '5000000000' }, signature: signature('7') },
    { kind: 'end', at, facts: { state: 'COMPLETED', reason: 'COMPLETED', modelCid: 'bafymodel' } },
  ];
}

/** Locked, trained at the first attempt, verified and paid. */
export async function completedJob(): Promise<ReceiptEvent[]> {
  return [...opening(), await assignment(1), ...(await paid(1))];
}

async function failed(attempt: number): Promise<ReceiptEvent[]> {
  return [
    await assignment(attempt),
    { kind: 'slash', at, facts: { attempt, from: `stake:${address('N')}`, to: 'insurance', amountBase: '10000000000' }, signature: signature('8') },
    { kind: 'closed', at, facts: { attempt, outcome: 'timeout', reason: 'it went silent', evidenceHash: hash('a'), banned: false }, signature: signature('8') },
  ];
}

/** One attempt that timed out, then the deadline: everything went back. */
export async function refundedJob(): Promise<ReceiptEvent[]> {
  return [
    ...opening(),
    ...(await failed(1)),
    { kind: 'refund', at, facts: { from: ESCROW, to: REQUESTER, amountBase: '50000000000' }, signature: signature('9') },
    { kind: 'end', at, facts: { state: 'FAILED', reason: 'DEADLINE_PASSED', modelCid: null } },
  ];
}

/** The first node timed out; the second one went on from its checkpoint, and was paid. */
export async function resumedJob(): Promise<ReceiptEvent[]> {
  return [...opening(), ...(await failed(1)), await assignment(2, 50), ...(await paid(2))];
}
