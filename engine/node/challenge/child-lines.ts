import { z } from 'zod';
import { ERRORS, type ErrorCode } from '#core/errors/table';
import { seedSchema } from '#core/hardware/challenge/task';

export const challengeNonceSchema = z.strictObject({ nonce: seedSchema });

const errorCodeSchema = z.custom<ErrorCode>((value) => typeof value === 'string' && Object.hasOwn(ERRORS, value));

/** What the child says, a line each. Values are float32, little-endian, in base64. */
export const challengeChildLineSchema = z.union([
  z.object({ ok: z.literal(true), step: z.enum(['ready', 'filled']) }),
  z.object({ ok: z.literal(true), step: z.literal('answer'), values: z.base64() }),
  z.object({ ok: z.literal(false), code: errorCodeSchema, message: z.string() }),
]);
export type ChallengeChildLine = z.output<typeof challengeChildLineSchema>;
