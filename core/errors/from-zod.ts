import type { z } from 'zod';
import { CyxError } from './cyx-error.ts';
import type { ErrorCode } from './table.ts';

/** Parses outside input; throws a CyxError that names every field at fault. */
export function parseInput<T extends z.ZodType>(
  schema: T,
  input: unknown,
  code: ErrorCode = 'INVALID_INPUT',
): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => ({
    path: issue.path.join('.') || '(whole)',
    message: issue.message,
  }));
  const text = fields.map((field) => `${field.path}: ${field.message}`).join('; ');
  throw new CyxError(code, `Please correct: ${text}`, { fields });
}
