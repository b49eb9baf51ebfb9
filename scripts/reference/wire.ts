import { z } from 'zod';
import type { NamedTensor } from '#engine/formats/safetensors';

/** A tensor as it travels between the processes: little-endian values in base64. */
export const wireTensorSchema = z.object({
  dtype: z.enum(['float32', 'int32', 'uint8']),
  shape: z.array(z.int().min(0)),
  data: z.string(),
});
export type WireTensor = z.output<typeof wireTensorSchema>;

export const wireTensorsSchema = z.record(z.string(), wireTensorSchema);

type Values = NamedTensor['data'];

function dtypeOf(values: Values): WireTensor['dtype'] {
  if (values instanceof Float32Array) return 'float32';
  return values instanceof Int32Array ? 'int32' : 'uint8';
}

export function toWire({ shape, data }: NamedTensor): WireTensor {
  return { dtype: dtypeOf(data), shape: [...shape], data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
}

export function fromWire({ dtype, shape, data }: WireTensor): NamedTensor {
  // A copy of its own: a pooled Buffer need not begin at a multiple of four bytes.
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  if (dtype === 'uint8') return { shape, data: bytes };
  return { shape, data: dtype === 'float32' ? new Float32Array(bytes.buffer) : new Int32Array(bytes.buffer) };
}

export function toWireAll(tensors: ReadonlyMap<string, NamedTensor>): Record<string, WireTensor> {
  return Object.fromEntries([...tensors].map(([name, tensor]) => [name, toWire(tensor)]));
}

export function fromWireAll(tensors: Record<string, WireTensor>): Map<string, NamedTensor> {
  return new Map(Object.entries(tensors).map(([name, tensor]) => [name, fromWire(tensor)]));
}
