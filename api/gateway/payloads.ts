import { CyxError } from '#core/errors/cyx-error';
import { allBytes, encodeBytes, fieldsOf, mapBytes, onlyBytes, onlyText } from './wire.ts';

/**
 * What a node says is decoded by workflows, and a workflow that can not decode its history stands still until somebody
 * mends it by hand. So everything that carries data is read here first, as strictly as the strictest reader behind.
 */

/** Results and heartbeats are a handful of references; a failure may bring a stack. */
export const MAX_TASK_MESSAGE_SIZE_BYTES = 64 * 1024;
const MAX_PAYLOADS = 8;
/** Deep enough for any message of ours; data far deeper than this overflows the stack of whoever writes it again. */
const MAX_JSON_DEPTH = 16;

/** Payloads.payloads */
const PAYLOAD = 1;
const METADATA = 1;
const DATA = 2;
// A byte order mark must stay and be refused: not every reader behind this one drops it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function refuse(what: string): never {
  throw new CyxError('INVALID_INPUT', `The platform does not take this from a node: ${what}`);
}

/** Checks the Payloads message in a field of `bytes`, if it is there. */
export function checkPayloads(bytes: Uint8Array, number: number): void {
  const payloads = onlyBytes(bytes, number);
  if (payloads === undefined) return;
  if (fieldsOf(payloads).some((field) => field.number !== PAYLOAD)) refuse('unknown payload fields');
  const all = allBytes(payloads, PAYLOAD);
  if (all.length > MAX_PAYLOADS) refuse(`more than ${MAX_PAYLOADS} payloads`);
  for (const payload of all) checkPayload(payload);
}

/** One Payload: `json/plain` that parses, or `binary/null`. Anything kept elsewhere, or of another encoding, is refused. */
export function checkPayload(payload: Uint8Array): void {
  if (fieldsOf(payload).some((field) => field.number !== METADATA && field.number !== DATA)) refuse('unknown payload fields');
  const encoding = encodingOf(allBytes(payload, METADATA));
  const data = onlyBytes(payload, DATA) ?? new Uint8Array();
  if (encoding === 'binary/null') {
    if (data.length > 0) refuse('a null with data');
    return;
  }
  if (encoding !== 'json/plain') refuse('a payload that is neither json/plain nor binary/null');
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(data));
  } catch {
    refuse('a payload that is not JSON');
  }
  if (isDeeperThan(value, MAX_JSON_DEPTH)) refuse(`JSON of more than ${MAX_JSON_DEPTH} levels`);
}

/** Metadata is a map; only its one entry `encoding` is known here. */
function encodingOf(entries: readonly Uint8Array[]): string {
  const entry = entries[0];
  if (entries.length !== 1 || entry === undefined || onlyText(entry, 1) !== 'encoding') refuse('unknown payload metadata');
  return onlyText(entry, 2);
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/** The message with each payload of its Payloads fields changed. */
export function mapPayloads(bytes: Uint8Array, numbers: readonly number[], change: (payload: Uint8Array) => Uint8Array): Uint8Array {
  return numbers.reduce((message, number) => mapBytes(message, number, (payloads) => mapBytes(payloads, PAYLOAD, change)), bytes);
}

/** A `json/plain` payload. */
export function jsonPayload(value: unknown): Uint8Array {
  const encoding = Buffer.concat([encodeBytes(1, Buffer.from('encoding')), encodeBytes(2, Buffer.from('json/plain'))]);
  return Buffer.concat([encodeBytes(METADATA, encoding), encodeBytes(DATA, Buffer.from(JSON.stringify(value)))]);
}

/** What is in a payload that `checkPayload` has let through. */
export function checkedValue(payload: Uint8Array): unknown {
  const data = onlyBytes(payload, DATA);
  return data === undefined || data.length === 0 ? null : (JSON.parse(utf8.decode(data)) as unknown);
}
