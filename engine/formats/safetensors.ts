/**
 * The safetensors format: 8 bytes of header length (little-endian), a JSON header, then the raw values. It holds
 * no code, so a stranger's file can only be wrong, never dangerous. Values are little-endian, as on every
 * machine this runs on.
 */
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import type { ErrorCode } from '#core/errors/table';

export type TensorData = Float32Array | Int32Array | Uint8Array;

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;
const ALIGNMENT_BYTES = 8;
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

const DTYPES = {
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;
type Dtype = keyof typeof DTYPES;

const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Int32Array ? 'I32' : 'U8';
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function productOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Tensors in map order, but wide types first, so that every tensor starts at a multiple of its value size. */
export function encodeTensors(file: TensorFile): Uint8Array {
  const entries = [...file.tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header: Record<string, unknown> = { __metadata__: file.metadata };
  let offset = 0;
  for (const [name, { shape, data }] of entries) {
    if (productOf(shape) !== data.length) throw new CyxError('INTERNAL', `Tensor "${name}" has ${data.length} values for shape [${shape.join(', ')}]`);
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  bytes.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const [, { data }] of entries) {
    bytes.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return bytes;
}

function headerLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) throw new Error('it is too short to have a header');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) throw new Error(`its header claims ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`);
  return Number(length);
}

/** Where a tensor's values are in a file. */
export interface TensorPlace {
  readonly Type: (typeof DTYPES)[Dtype];
  readonly shape: readonly number[];
  /** Offsets in the file. */
  readonly start: number;
  readonly end: number;
}

export interface TensorLayout {
  readonly places: ReadonlyMap<string, TensorPlace>;
  readonly metadata: Readonly<Record<string, string>>;
}

function readPlace(name: string, value: unknown, bodyStart: number, fileBytes: number): TensorPlace {
  const entry = entrySchema.parse(value);
  if (!Object.hasOwn(DTYPES, entry.dtype)) throw new Error(`tensor "${name}" has type ${entry.dtype}; only ${Object.keys(DTYPES).join(', ')} are read`);
  const Type = DTYPES[entry.dtype as Dtype];
  const [start, end] = entry.data_offsets;
  if (bodyStart + end > fileBytes || end - start !== productOf(entry.shape) * Type.BYTES_PER_ELEMENT) {
    throw new Error(`tensor "${name}" of shape [${entry.shape.join(', ')}] does not fit its ${end - start} bytes`);
  }
  return { Type, shape: entry.shape, start: bodyStart + start, end: bodyStart + end };
}

function readLayout(head: Uint8Array, fileBytes: number): TensorLayout {
  const bodyStart = LENGTH_BYTES + headerLength(head);
  if (bodyStart > fileBytes || bodyStart > head.length) throw new Error('it ends before its header does');
  const json = new TextDecoder('utf-8', { fatal: true }).decode(head.subarray(LENGTH_BYTES, bodyStart));
  const { __metadata__: metadata = {}, ...rest } = headerSchema.parse(JSON.parse(json));
  const places = new Map(Object.entries(rest).map(([name, value]) => [name, readPlace(name, value, bodyStart, fileBytes)]));
  checkCoverage([...places.values()], bodyStart, fileBytes);
  return { places, metadata: metadataSchema.parse(metadata) };
}

function valuesAt(bytes: Uint8Array, { Type, start, end }: TensorPlace): TensorData {
  const at = bytes.byteOffset + start;
  // Values may be viewed in place only where they are aligned.
  if (at % Type.BYTES_PER_ELEMENT !== 0) return new Type(Uint8Array.from(bytes.subarray(start, end)).buffer);
  return new Type(bytes.buffer as ArrayBuffer, at, (end - start) / Type.BYTES_PER_ELEMENT);
}

/** The format wants the values to fill the body without gaps or overlaps: nothing can hide in a file. */
function checkCoverage(spans: readonly { readonly start: number; readonly end: number }[], bodyStart: number, fileBytes: number): void {
  const sorted = [...spans].sort((a, b) => a.start - b.start || a.end - b.end);
  let expected = bodyStart;
  for (const { start, end } of sorted) {
    if (start !== expected) throw new Error('its tensors overlap or leave gaps');
    expected = end;
  }
  if (expected !== fileBytes) throw new Error(`${fileBytes - expected} bytes at its end belong to no tensor`);
}

function orRefuse<T>(what: string, code: ErrorCode, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? 'its header is not a safetensors header' : (cause as Error).message;
    throw new CyxError(code, `The ${what} can not be read as safetensors: ${reason}`, { cause });
  }
}

/**
 * Reads a file from anywhere. Tensors may be views into `bytes`.
 *
 * @throws CyxError with `code`, saying what is wrong with the file that `what` names.
 */
export function decodeTensors(bytes: Uint8Array, what: string, code: ErrorCode): TensorFile {
  return orRefuse(what, code, () => {
    const { places, metadata } = readLayout(bytes, bytes.length);
    const tensors = new Map([...places].map(([name, place]) => [name, { shape: place.shape, data: valuesAt(bytes, place) }]));
    return { tensors, metadata };
  });
}

/**
 * Where everything is in a file of which only parts are to be read.
 *
 * @param readHead gives the first so many bytes of the file, or as many as there are.
 * @throws CyxError as `decodeTensors`.
 */
export function decodeLayout(readHead: (sizeBytes: number) => Uint8Array, fileBytes: number, what: string, code: ErrorCode): TensorLayout {
  return orRefuse(what, code, () => readLayout(readHead(LENGTH_BYTES + headerLength(readHead(LENGTH_BYTES))), fileBytes));
}
