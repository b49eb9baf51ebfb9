import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CyxError, toCyxError } from './cyx-error.ts';
import { parseInput } from './from-zod.ts';
import { ERRORS } from './table.ts';

describe('errors', () => {
  it('keeps an unknown error’s text from people, but not from us', () => {
    const cause = new Error('connect ECONNREFUSED postgres://user:secret@host');
    const error = toCyxError(cause);
    expect(error.code).toBe('INTERNAL');
    expect(toCyxError(Object.assign(cause, { code: 'ECONNREFUSED' })).message).not.toContain('secret');
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBe(cause);
  });

  it('passes its own errors through', () => {
    const error = new CyxError('NOT_FOUND', 'There is no job 1');
    expect(toCyxError(error)).toBe(error);
  });

  it('names every field at fault', () => {
    const schema = z.strictObject({ epochs: z.int().min(1), seed: z.int() });
    try {
      parseInput(schema, { epochs: 0, seed: 'x' });
      expect.unreachable();
    } catch (error) {
      expect((error as CyxError).fields.map((field) => field.path)).toEqual(['epochs', 'seed']);
    }
  });

  it('gives every code an HTTP status and a gRPC status that agree on whose fault it is', () => {
    for (const [code, spec] of Object.entries(ERRORS)) {
      expect(spec.http, code).toBeGreaterThanOrEqual(400);
      expect(spec.grpc, code).toBeGreaterThan(0);
      if (spec.http === 503) expect(spec.retryable, code).toBe(true);
      if (spec.http === 401) expect(spec.grpc, code).toBe(16);
    }
  });
});
