import { z } from 'zod';
import { decodeBase58 } from '../codec/base58.ts';
import { MAX_WIRE_BYTES } from '../chain/wire.ts';
import { RpcError } from './errors.ts';

/** Parameters are positional; a method's schema is the tuple of them, `null` standing for an absent last one. */
export function parseParams<T extends z.ZodType>(schema: T, params: unknown): z.output<T> {
  const result = schema.safeParse(params ?? []);
  if (result.success) return result.data;
  const text = result.error.issues.map(
    (issue) => `${issue.path.length === 0 ? 'params' : `params.${issue.path.join('.')}`}: ${issue.message}`,
  );
  throw new RpcError('invalidParams', `Invalid params: ${text.join('; ')}`);
}

export const address = z
  .string()
  .max(44)
  .refine((text) => decodeBase58(text)?.length === 32, 'not a public key in base 58');

export const signature = z
  .string()
  .max(88)
  .refine((text) => decodeBase58(text)?.length === 64, 'not a signature in base 58');

/** JSON numbers beyond 2^53 have lost digits by the time they are read, so they are refused. */
export const safeInteger = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** One level: what is accepted is on disk and final at once. */
const commitment = z.enum(['processed', 'confirmed', 'finalized', 'recent', 'single', 'singleGossip', 'root', 'max']);

/** Options every read takes. */
export const readConfig = z.object({ commitment: commitment.nullish(), minContextSlot: safeInteger.nullish() });

const dataSlice = z.object({ offset: safeInteger, length: safeInteger });

export const accountConfig = readConfig.extend({
  encoding: z
    .enum(['base58', 'base64', 'base64+zstd', 'jsonParsed'])
    .nullish()
    .transform((value) => value ?? undefined),
  dataSlice: dataSlice.nullish().transform((value) => value ?? undefined),
});

const memcmp = z.object({
  offset: safeInteger,
  bytes: z.string().max(2048),
  encoding: z.enum(['base58', 'base64']).nullish(),
});

export const accountFilter = z.union([z.object({ memcmp }), z.object({ dataSize: safeInteger })]);

export const programConfig = accountConfig.extend({
  filters: z.array(accountFilter).max(4).nullish(),
  withContext: z.boolean().nullish(),
});

export const transactionView = z
  .union([
    z
      .enum(['json', 'jsonParsed', 'base64', 'base58'])
      .transform((encoding) => ({ encoding, maxSupportedTransactionVersion: undefined })),
    z.object({
      encoding: z
        .enum(['json', 'jsonParsed', 'base64', 'base58'])
        .nullish()
        .transform((value) => value ?? undefined),
      maxSupportedTransactionVersion: z
        .number()
        .int()
        .min(0)
        .max(255)
        .nullish()
        .transform((value) => value ?? undefined),
    }),
  ])
  .nullish()
  .transform((value) => value ?? {});

export type AccountFilter = z.output<typeof accountFilter>;

export type WireEncoding = 'base58' | 'base64';

/** Bytes of a transaction or message in the encoding its sender names. */
export function decodeBytes(text: string, encoding: WireEncoding): Uint8Array {
  if (text.length > MAX_WIRE_BYTES * 2)
    throw new RpcError('invalidParams', `${encoding} encoded transaction too large: ${text.length} characters`);
  const bytes = encoding === 'base64' ? strictBase64(text) : decodeBase58(text);
  if (bytes === undefined) throw new RpcError('invalidParams', `invalid ${encoding} encoding`);
  return bytes;
}

/** Node's own decoder skips what it does not know; here that is an error. */
export function strictBase64(text: string): Uint8Array | undefined {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : undefined;
}
