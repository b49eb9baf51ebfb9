import { z } from 'zod';

/** Largest id of an event or a ledger entry: PostgreSQL's bigint. */
export const MAX_ROW_ID = 2n ** 63n - 1n;

export const hasNoNul = (text: string): boolean => !text.includes('\u0000');

/** A name that somebody chose. PostgreSQL can not store the NUL character, in texts as in JSON. */
export function nameText(maxLength: number): z.ZodString {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .refine(hasNoNul, 'must not contain the character U+0000');
}
