import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import type { ReceiptEvent } from './events.ts';
import { sha256Hex, utf8 } from './hashing.ts';
import { buildReceipt, receiptSignedText, verifyReceipt, type ReceiptSigner, type VerifiedReceipt } from './receipt.ts';
import { completedJob, refundedJob, resumedJob } from './testing/example-events.ts';

function newSigner(): ReceiptSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { publicKey: new Uint8Array(raw), sign: (message) => new Uint8Array(sign(null, message, privateKey)) };
}

const signer = newSigner();
const [completed, refunded, resumed] = await Promise.all([completedJob(), refundedJob(), resumedJob()]);
const wrongLine = (verified: VerifiedReceipt): string => (verified.ok ? 'none' : `${verified.line}: ${verified.reason}`);

describe('a receipt', () => {
  it.each([
    ['a paid job', completed],
    ['a refunded job', refunded],
    ['a job that went on at another node', resumed],
  ])('of %s is written and verified', async (_, events) => {
    const built = await buildReceipt(events, signer);
    const verified = await verifyReceipt(built.text);
    expect(wrongLine(verified)).toBe('none');
    expect(verified).toMatchObject({ ok: true, headHex: built.headHex });
    expect(verified.ok && verified.lines.map(({ kind }) => kind)).toEqual(events.map(({ kind }) => kind));
    expect((await buildReceipt(events, signer)).text).toBe(built.text);
  });

  it('is not verified with another signer behind the same head', async () => {
    const { text } = await buildReceipt(completed, signer);
    const other = await buildReceipt(completed, newSigner());
    const lines = text.split('\n');
    const mixed = [...lines.slice(0, -2), (other.text.split('\n').at(-2) ?? '').replace(/"signature":"[0-9a-f]+"/, /"signature":"[0-9a-f]+"/.exec(lines.at(-2)!)![0]), ''].join('\n');
    expect(wrongLine(await verifyReceipt(mixed))).toContain('not by its signer');
    // Somebody who signs a story of their own is told apart by the key alone.
    expect(await verifyReceipt(other.text)).toMatchObject({ ok: true });
    expect((await verifyReceipt(other.text)) as { signerHex: string }).not.toMatchObject({ signerHex: Buffer.from(signer.publicKey).toString('hex') });
  });
});

describe('any change is found', () => {
  const texts = [completed, refunded, resumed].map((events) => buildReceipt(events, signer));

  it('of any byte: altered, removed or added', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.constantFrom('alter', 'remove', 'add'), async (building, place, delta, how) => {
        const bytes = utf8((await building).text);
        const at = place % bytes.length;
        const head = Array.from(bytes.subarray(0, at));
        const rest = Array.from(bytes.subarray(at));
        if (how === 'alter') rest[0] = (rest[0]! + delta) % 256;
        if (how === 'remove') rest.shift();
        if (how === 'add') rest.unshift(delta);
        expect((await verifyReceipt(Uint8Array.from([...head, ...rest]))).ok).toBe(false);
      }),
      { numRuns: 1_500 },
    );
  });

  it('of any line: removed, doubled, swapped or put elsewhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), fc.nat(), fc.nat(), fc.constantFrom('remove', 'double', 'swap', 'move'), async (building, a, b, how) => {
        const { text } = await building;
        const lines = text.slice(0, -1).split('\n');
        const [from, to] = [a % lines.length, b % lines.length];
        if (how === 'remove') lines.splice(from, 1);
        if (how === 'double') lines.splice(to, 0, lines[from]!);
        if (how === 'swap') [lines[from], lines[to]] = [lines[to]!, lines[from]!];
        if (how === 'move') lines.splice(to, 0, ...lines.splice(from, 1));
        const changed = `${lines.join('\n')}\n`;
        fc.pre(changed !== text);
        expect((await verifyReceipt(changed)).ok).toBe(false);
      }),
      { numRuns: 600 },
    );
  });

  it('of a line and of every hash after it, as long as the platform did not sign it', async () => {
    const forger = newSigner();
    const { text } = await buildReceipt(completed, signer);
    const forged = await rehashed(text, (line) => {
      if (line['kind'] === 'verdict') (line['facts'] as Record<string, unknown>)['verifierId'] = 'a friend';
    });
    expect(wrongLine(await verifyReceipt(forged))).toContain('not by its signer');
    const signature = Buffer.from(await forger.sign(receiptSignedText('00000000-0000-4000-8000-000000000001', 'x'))).toString('hex');
    expect((await verifyReceipt(forged.replace(/"signature":"[0-9a-f]{128}"/, `"signature":"${signature}"`))).ok).toBe(false);
  });

  it('names the first wrong line', async () => {
    const { text } = await buildReceipt(completed, signer);
    const lines = text.split('\n');
    const altered = lines.map((line) => line.replace('"kind":"lock"', '"kind":"lock" ')).join('\n');
    expect(wrongLine(await verifyReceipt(altered))).toBe('3: it is not in its canonical form');
    expect(wrongLine(await verifyReceipt(lines.toSpliced(3, 1).join('\n')))).toMatch(/^4: its index is 4 instead of 3/);
    expect(wrongLine(await verifyReceipt(text.replace('50000000000', '60000000000')))).toMatch(/^3: it does not follow line 2/);
    expect(wrongLine(await verifyReceipt(`\ufeff${text}`))).toBe('1: it is not JSON');
    expect(wrongLine(await verifyReceipt(new Uint8Array([0xff, 0xfe])))).toContain('not UTF-8');
  });
});

describe('what a receipt may not say, whoever signed it', () => {
  const change = <K extends ReceiptEvent['kind']>(events: readonly ReceiptEvent[], kind: K, facts: object): ReceiptEvent[] =>
    events.map((event) => (event.kind === kind ? ({ ...event, facts: { ...event.facts, ...facts } } as ReceiptEvent) : event));
  const without = (events: readonly ReceiptEvent[], kind: ReceiptEvent['kind']): ReceiptEvent[] => events.filter((event) => event.kind !== kind);

  it.each<[string, ReceiptEvent[], RegExp]>([
    ['one unit less for the node', change(completed, 'payout', { amountBase: '44999999999' }), /locked and 0 donated are not/],
    ['another split', change(change(completed, 'payout', { amountBase: '44000000000' }), 'fee', { amountBase: '6000000000' }), /share of the locked amount is 45000000000/],
    ['another lock than quoted', change(completed, 'lock', { amountBase: '1' }), /than was quoted/],
    ['a refund to somebody else', change(refunded, 'refund', { to: `wallet:${'X'.repeat(44)}` }), /it goes from escrow/],
    ['a slash of another node', change(refunded, 'slash', { from: `stake:${'X'.repeat(44)}` }), /it goes from stake/],
    ['no fee', without(completed, 'fee'), /are not 45000000000 paid/],
    ['a result that was never committed', without(without(completed, 'commit'), 'draw'), /never committed/],
    ['a draw over another root', change(completed, 'draw', { root: 'f'.repeat(64) }), /another root/],
    ['a secret that was not committed to', change(completed, 'draw', { secret: 'f'.repeat(64) }), /not the one whose hash was committed/],
    ['a draw at the first slot', change(completed, 'draw', { slot: '931' }), /at the earliest at slot 932/],
    ['another seed', change(completed, 'draw', { seed: 'f'.repeat(64) }), /does not follow from root, block and secret/],
    ['a segment left out', change(completed, 'draw', { segments: [] }), /drawn by the seed are not the ones/],
    ['a rate that would draw less', change(completed, 'draw', { rates: { 1: 0 } }), /drawn by the seed are not the ones/],
    ['a block hash that is none', change(completed, 'draw', { blockhash: 'OIl0' }), /no block hash/],
    ['an end that was not paid', change(refunded, 'end', { state: 'COMPLETED', reason: 'COMPLETED' }), /is a paid one/],
    ['a payment for a failed job', change(completed, 'end', { state: 'FAILED', reason: 'INTERNAL_ERROR' }), /paid a node/],
    ['a slash without fault', change(refunded, 'closed', { outcome: 'released' }), /was slashed although/],
    ['an attempt without a close', without(completed, 'closed'), /never closed/],
    ['a second attempt without a first', change(completed, 'assignment', { attempt: 2 }), /does not follow attempt 0/],
    ['no end', without(completed, 'end'), /end of the job is missing/],
    ['an open end', without(refunded, 'refund'), /are not/],
  ])('%s', async (_, events, reason) => {
    await expect(buildReceipt(events, signer)).rejects.toThrow(reason);
  });
});

/** Alters lines and computes all hashes again, the head's too; the signature stays. */
async function rehashed(text: string, alter: (line: Record<string, JsonValue>) => void): Promise<string> {
  const lines = text.slice(0, -1).split('\n').map((line) => JSON.parse(line) as Record<string, JsonValue>);
  let previous = '0'.repeat(64);
  const written: string[] = [];
  for (const line of lines) {
    alter(line);
    if (line['kind'] === 'head') line['head'] = previous;
    else line['previous'] = previous;
    written.push(canonicalJson(line));
    previous = await sha256Hex(utf8(written.at(-1)!));
  }
  return `${written.join('\n')}\n`;
}
