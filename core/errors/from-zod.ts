import type { z } from 'zod';
import { CyxError } from './cyx-error.ts';
import type { ErrorCode } from './table.ts';

/** Parses outside input; throws a CyxError that names every field at fault: INVALID_INPUT or UNPROCESSABLE, unless `code` says another. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown, code?: ErrorCode): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw fromZod(result.error, code);
}

/** UNPROCESSABLE where the input has the right form and only breaks rules of ours, which zod calls custom. */
export function fromZod({ issues }: z.ZodError, code: ErrorCode = issues.every((issue) => issue.code === 'custom') ? 'UNPROCESSABLE' : 'INVALID_INPUT'): CyxError {
  const fields = issues.map((issue) => ({ path: issue.path.join('.') || '(whole)', message: issue.message }));
  const text = fields.map((field) => `${field.path}: ${field.message}`).join('; ');
  return new CyxError(code, `Please correct: ${text}`, { fields });
}
