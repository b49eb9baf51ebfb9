import { z } from 'zod';

/** Largest id of an event or a ledger entry: PostgreSQL's bigint. */
export const MAX_ROW_ID = 2n ** 63n - 1n;

/** PostgreSQL can not store the NUL character, in texts as in JSON. */
export function storableText(maxLength: number): z.ZodString {
  return z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    // eslint-disable-next-line no-control-regex -- It is this very character that is refused.
    .regex(/^[^\u0000]*$/, 'must not contain the character U+0000');
}

/** A name that somebody chose. */
export function nameText(maxLength: number): z.ZodString {
  return z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    // One pattern, for OpenAPI has room for one.
    // eslint-disable-next-line no-control-regex -- As above.
    .regex(/^[^\u0000]*[^\s\u0000][^\u0000]*$/, 'must not be empty, nor contain the character U+0000')
    .trim();
}

/** What is looked for in a list: nothing that has a name here has a longer one. */
export const searchText = storableText(100);
