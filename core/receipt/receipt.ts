import { CyxError } from '../errors/cyx-error.ts';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import { parseReceiptHead, parseReceiptLine, RECEIPT_FORMAT, type ReceiptEvent, type ReceiptHead, type ReceiptLine } from './events.ts';
import { brokenDraw } from './draw-rule.ts';
import { ed25519Verify, fromHex, sha256Hex, toHex, utf8 } from './hashing.ts';
import { brokenRule } from './rules.ts';

/**
 * A receipt is text: one JSON object a line, each in its canonical form and closed with a line feed.
 *
 *     line 0      {at, facts, index: 0, kind: "header", previous: 64 zeros}
 *     line i      {at, facts, index: i, kind, previous: H(line i − 1), signature? of the transaction}
 *     last line   {head: H(line before), index, kind: "head", signature, signer}
 *
 * H is SHA-256 over the line's UTF-8 bytes without the line feed. The last line's signature is the platform's, by the
 * key that the escrow program obeys: who alters a line and computes all hashes again still lacks it.
 */
export interface BuiltReceipt {
  readonly text: string;
  readonly headHex: string;
}

const FIRST_PREVIOUS = '0'.repeat(64);

/** Signs the receipt's head. */
export interface ReceiptSigner {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** What the signer signs. It begins with a letter, so it can not be taken for a transaction of few signatures. */
export function receiptSignedText(jobId: string, headHex: string): Uint8Array {
  return utf8(`${RECEIPT_FORMAT} ${jobId} ${headHex}`);
}

/** Writes the receipt of these events, header first, end last. STATE_CONFLICT where they contradict each other. */
export async function buildReceipt(events: readonly ReceiptEvent[], signer: ReceiptSigner): Promise<BuiltReceipt> {
  const broken = brokenRule(events) ?? (await brokenDraw(events));
  if (broken !== null) throw new CyxError('STATE_CONFLICT', `No receipt can be written: line ${broken.index + 1}: ${broken.reason}`);
  const lines: string[] = [];
  let previous = FIRST_PREVIOUS;
  for (const [index, event] of events.entries()) {
    const line = { ...event, index, previous };
    const parsed = parseReceiptLine(line);
    if ('wrong' in parsed) throw new CyxError('INTERNAL', `Line ${index + 1} of a receipt can not be written: ${parsed.wrong}`);
    const text = canonicalJson(line);
    lines.push(text);
    previous = await sha256Hex(utf8(text));
  }
  const signature = await signer.sign(receiptSignedText(jobOf(events), previous));
  const head: ReceiptHead = { index: events.length, kind: 'head', head: previous, signer: toHex(signer.publicKey), signature: toHex(signature) };
  lines.push(canonicalJson(head));
  return { text: `${lines.join('\n')}\n`, headHex: previous };
}

function jobOf(events: readonly ReceiptEvent[]): string {
  const [header] = events;
  if (header?.kind !== 'header') throw new CyxError('INTERNAL', 'A receipt begins with its header');
  return header.facts.jobId;
}

export type VerifiedReceipt =
  | { readonly ok: true; readonly headHex: string; readonly signerHex: string; readonly lines: readonly ReceiptLine[] }
  /** `line` counts from 1, as editors do. */
  | { readonly ok: false; readonly line: number; readonly reason: string };

export interface VerifyOptions {
  /** Ed25519; the platform's WebCrypto unless told. */
  readonly verifySignature?: (input: { publicKey: Uint8Array; message: Uint8Array; signature: Uint8Array }) => Promise<boolean> | boolean;
}

/**
 * Checks a receipt by itself: every line's form and place in the hash chain, the sums, what the events say of each
 * other, and the signature of the head. Names the first wrong line. Whether the platform's key is the one that signed,
 * and whether the chain knows the transactions, only the chain can say.
 */
export async function verifyReceipt(receipt: string | Uint8Array, options: VerifyOptions = {}): Promise<VerifiedReceipt> {
  const texts = split(receipt);
  if (!Array.isArray(texts)) return texts;
  const chained = await verifyChain(texts.slice(0, -1));
  if ('reason' in chained) return chained;
  const { lines, head: expected } = chained;
  const last = parsedAs(texts.at(-1)!, parseReceiptHead);
  const number = texts.length;
  if ('wrong' in last) return { ok: false, line: number, reason: last.wrong };
  const { head } = last;
  if (head.index !== lines.length) return { ok: false, line: number, reason: `its index is ${head.index} instead of ${lines.length}` };
  if (head.head !== expected) return { ok: false, line: number, reason: 'its head is not the hash of the line before' };
  const broken = brokenRule(lines) ?? (await brokenDraw(lines));
  if (broken !== null) return { ok: false, line: broken.index + 1, reason: broken.reason };
  const signed = { publicKey: fromHex(head.signer), message: receiptSignedText(jobOf(lines), head.head), signature: fromHex(head.signature) };
  if (!(await (options.verifySignature ?? ed25519Verify)(signed))) return { ok: false, line: number, reason: 'the signature of the head is not by its signer' };
  return { ok: true, headHex: head.head, signerHex: head.signer, lines };
}

type Wrong = Extract<VerifiedReceipt, { ok: false }>;

function split(receipt: string | Uint8Array): string[] | Wrong {
  let text: string;
  try {
    text = typeof receipt === 'string' ? receipt : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(receipt);
  } catch {
    return { ok: false, line: 1, reason: 'the file is not UTF-8 text' };
  }
  const texts = text.split('\n');
  if (texts.pop() !== '') return { ok: false, line: texts.length + 1, reason: 'the last line does not end with a line feed' };
  if (texts.length < 2) return { ok: false, line: 1, reason: 'it is too short for a receipt' };
  return texts;
}

async function verifyChain(texts: readonly string[]): Promise<{ lines: ReceiptLine[]; head: string } | Wrong> {
  const lines: ReceiptLine[] = [];
  let previous = FIRST_PREVIOUS;
  for (const [index, text] of texts.entries()) {
    const wrong = (reason: string): Wrong => ({ ok: false, line: index + 1, reason });
    const parsed = parsedAs(text, parseReceiptLine);
    if ('wrong' in parsed) return wrong(parsed.wrong);
    const { line } = parsed;
    if (line.index !== index) return wrong(`its index is ${line.index} instead of ${index}`);
    if (line.previous !== previous) return wrong(index === 0 ? 'it is not the first line' : `it does not follow line ${index}: one of the two was altered`);
    lines.push(line);
    previous = await sha256Hex(utf8(text));
  }
  return { lines, head: previous };
}

function parsedAs<T extends object>(text: string, parse: (value: unknown) => T | { wrong: string }): T | { wrong: string } {
  let value: JsonValue;
  let canonical: string;
  try {
    value = JSON.parse(text) as JsonValue;
    canonical = canonicalJson(value);
  } catch {
    return { wrong: 'it is not JSON' };
  }
  return canonical === text ? parse(value) : { wrong: 'it is not in its canonical form' };
}
