import { CyxError } from '#core/errors/cyx-error';

/**
 * Protobuf at the level of its wire format. The gateway changes a handful of fields and must hand on everything else
 * bit for bit, also fields that are newer than any generated type here: so it walks bytes and never re-encodes.
 */
export interface WireField {
  readonly number: number;
  readonly wireType: number;
  /** Where the tag begins. */
  readonly start: number;
  /** Where the value begins: behind the length, for a length-delimited field. */
  readonly valueStart: number;
  readonly end: number;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
// A byte order mark is part of the text: a name with one must not pass for the name without.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function malformed(): CyxError {
  return new CyxError('INVALID_INPUT', 'The message is not valid protobuf');
}

/** Reads a varint of at most 32 bits of value: tags and lengths are never longer. */
function varint32(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) throw malformed();
    value += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) {
      if (value > 0xffff_ffff) throw malformed();
      return { value, next: start + index + 1 };
    }
  }
  throw malformed();
}

function endOfVarint(bytes: Uint8Array, start: number): number {
  for (let index = start; index < start + 10; index += 1) {
    const byte = bytes[index];
    if (byte === undefined) throw malformed();
    if ((byte & 0x80) === 0) return index + 1;
  }
  throw malformed();
}

/** Every field of one message, in order. Throws INVALID_INPUT on anything that is not a whole message. */
export function fieldsOf(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let start = 0;
  while (start < bytes.length) {
    const tag = varint32(bytes, start);
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (number === 0) throw malformed();
    const { valueStart, end } = extent(bytes, wireType, tag.next);
    if (end > bytes.length) throw malformed();
    fields.push({ number, wireType, start, valueStart, end });
    start = end;
  }
  return fields;
}

function extent(bytes: Uint8Array, wireType: number, at: number): { valueStart: number; end: number } {
  if (wireType === VARINT) return { valueStart: at, end: endOfVarint(bytes, at) };
  if (wireType === FIXED64) return { valueStart: at, end: at + 8 };
  if (wireType === FIXED32) return { valueStart: at, end: at + 4 };
  if (wireType !== BYTES) throw malformed();
  const length = varint32(bytes, at);
  return { valueStart: length.next, end: length.next + length.value };
}

/** All values of a repeated length-delimited field. */
export function allBytes(bytes: Uint8Array, number: number): Uint8Array[] {
  return fieldsOf(bytes)
    .filter((field) => field.number === number)
    .map((field) => {
      if (field.wireType !== BYTES) throw malformed();
      return bytes.subarray(field.valueStart, field.end);
    });
}

/**
 * A length-delimited field that decides something. Decoders disagree on what a repeated singular field means (last
 * one, or merged), and a check must not be talked around by that: twice is refused.
 */
export function onlyBytes(bytes: Uint8Array, number: number): Uint8Array | undefined {
  const values = allBytes(bytes, number);
  if (values.length > 1) throw malformed();
  return values[0];
}

/** `onlyBytes` as text; an absent string is the empty one, as protobuf has it. */
export function onlyText(bytes: Uint8Array, number: number): string {
  const value = onlyBytes(bytes, number);
  if (value === undefined) return '';
  try {
    return utf8.decode(value);
  } catch {
    throw malformed();
  }
}

/** A varint field that decides something; absent is 0. */
export function onlyVarint(bytes: Uint8Array, number: number): number {
  const found = fieldsOf(bytes).filter((field) => field.number === number);
  const field = found[0];
  if (field === undefined) return 0;
  if (found.length > 1 || field.wireType !== VARINT) throw malformed();
  return varint32(bytes, field.valueStart).value;
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/** One length-delimited field. */
export function encodeBytes(number: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from(varintBytes(number * 8 + BYTES)), Uint8Array.from(varintBytes(value.length)), value]);
}

/** The message with one length-delimited field changed in its place; without that field, the message as it is. */
export function mapBytes(bytes: Uint8Array, number: number, change: (value: Uint8Array) => Uint8Array): Uint8Array {
  const fields = fieldsOf(bytes);
  if (!fields.some((field) => field.number === number)) return bytes;
  return Buffer.concat(
    fields.map((field) => {
      if (field.number !== number) return bytes.subarray(field.start, field.end);
      if (field.wireType !== BYTES) throw malformed();
      return encodeBytes(number, change(bytes.subarray(field.valueStart, field.end)));
    }),
  );
}

/** The message with only the fields that `keep` names. */
export function filterFields(bytes: Uint8Array, keep: (number: number) => boolean): Uint8Array {
  const fields = fieldsOf(bytes);
  if (fields.every((field) => keep(field.number))) return bytes;
  return Buffer.concat(fields.filter((field) => keep(field.number)).map((field) => bytes.subarray(field.start, field.end)));
}
