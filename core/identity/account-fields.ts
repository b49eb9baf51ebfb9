import { z } from 'zod';
import { nameText } from '../input/text.ts';
import { SCOPES, type Scope } from './scopes.ts';

/**
 * What browsers take for an address (HTML, "valid e-mail address"), with a dot in its domain. Whether it is one shows
 * when its mail is read.
 */
const EMAIL = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
export const emailField = z.string().max(254).regex(EMAIL, 'must be an e-mail address');
export const usernameField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,38}$/, 'must have 3 to 39 letters, digits, ".", "_" or "-" and begin with a letter or digit');
/** What somebody types at a login is only bounded: an e-mail address or a username. */
export const loginNameField = z.string().min(1, 'must not be empty').max(254);
/** A new one. */
export const passwordField = z.string().min(8, 'must have at least 8 characters').max(200, 'must have at most 200 characters');
export const currentPasswordField = z.string().max(200, 'must have at most 200 characters');
/** The secret of a link that was sent by mail. */
export const linkTokenField = z.string().min(1, 'must not be empty').max(200);

/** What a wallet signed; see `core/identity/sign-in-message`. */
export const signedTextFields = {
  address: z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'must be the base58 address of a wallet'),
  message: z.string().min(1, 'must not be empty').max(2_000),
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/, 'must be 64 bytes in base64'),
};

export const apiKeyFields = {
  name: nameText(60),
  scopes: z
    .array(z.enum(Object.keys(SCOPES) as [Scope, ...Scope[]], 'must be read, jobs or machines'))
    .min(1, 'choose at least one')
    .max(10),
  /** Null: never. */
  expiresInDays: z.int().min(1, 'must be at least a day').max(3650, 'must be at most ten years').nullable(),
};
