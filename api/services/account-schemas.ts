import { z } from 'zod';

export const emailSchema = z.email('must be an e-mail address').max(254);
export const usernameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,38}$/, 'must have 3 to 39 letters, digits, ".", "_" or "-" and begin with a letter or digit');
/** A new one; what somebody types at a login is only bounded. */
export const passwordSchema = z.string().min(8, 'must have at least 8 characters').max(200, 'must have at most 200 characters');
