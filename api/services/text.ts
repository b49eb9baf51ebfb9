import { z } from 'zod';

/** Largest id of an event or a ledger entry: PostgreSQL's bigint. */
export const MAX_ROW_ID = 2n ** 63n - 1n;

/** A name that somebody chose. PostgreSQL can not store the NUL character, in texts as in JSON. */
export function nameText(maxLength: number): z.ZodString {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^[^\u0000]*$/, 'must not contain the character U+0000');
}
