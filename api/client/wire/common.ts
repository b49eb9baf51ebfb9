import { z } from 'zod';

/** Base units as a decimal string: JSON numbers can not carry a u64. */
export const amountBase = z.string().regex(/^\d{1,20}$/, 'must be a whole number of base units, as text');
/** The same, of something that costs anything at all. */
export const positiveBase = z.string().regex(/^[1-9]\d{0,18}$/, 'must be a whole number of base units above 0, as text');
/** 32 bytes in base64url, without padding. */
export const keyText = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');
export const instant = z.iso.datetime();

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** One of core/errors' codes. */
  code: z.string(),
  requestId: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
  facts: z.record(z.string(), z.string()),
});
export type Problem = z.output<typeof problemSchema>;

/** 32 bytes ↔ text, in browsers and Node alike. */
export function keyToText(key: Uint8Array): string {
  return btoa(String.fromCharCode(...key)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function keyFromText(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0));
}
