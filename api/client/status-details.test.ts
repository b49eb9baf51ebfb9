import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { decodeStatusDetails, encodeStatusDetails, errorFromDetails } from './status-details.ts';

// The standard messages, as any other gRPC client knows them.
const { root } = protobuf.parse(`
  syntax = "proto3"; package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message FieldViolation { string field = 1; string description = 2; }
  message BadRequest { repeated FieldViolation field_violations = 1; }
  message RequestInfo { string request_id = 1; }
`, { keepCase: true });

describe('status details', () => {
  const error = new CyxError('BUDGET_BELOW_QUOTE', 'Raise the budget ☂', {
    facts: { quotedBase: '50', budgetBase: '1' },
    fields: [{ path: 'budget_base', message: 'is below the quote' }],
  });

  it('are what the standard messages say', () => {
    const status = root.lookupType('google.rpc.Status').decode(encodeStatusDetails(error, 'r-1')) as unknown as {
      code: number;
      message: string;
      details: { type_url: string; value: Uint8Array }[];
    };
    expect(status).toMatchObject({ code: 9, message: 'Raise the budget ☂' });
    const details = status.details.map(({ type_url: url, value }) => {
      const name = url.replace('type.googleapis.com/', '');
      const type = root.lookupType(name);
      return [name, type.toObject(type.decode(value))];
    });
    expect(Object.fromEntries(details)).toEqual({
      'google.rpc.ErrorInfo': { reason: 'BUDGET_BELOW_QUOTE', domain: 'cyxwiz', metadata: { quotedBase: '50', budgetBase: '1' } },
      'google.rpc.BadRequest': { field_violations: [{ field: 'budget_base', description: 'is below the quote' }] },
      'google.rpc.RequestInfo': { request_id: 'r-1' },
    });
  });

  it('come back as the error they were', () => {
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.string()), fc.array(fc.record({ path: fc.string(), message: fc.string() })), (message, facts, fields) => {
        const sent = new CyxError('INVALID_INPUT', message, { facts, fields });
        const back = errorFromDetails(decodeStatusDetails(encodeStatusDetails(sent, 'r')), null);
        expect({ ...back, message: back?.message }).toMatchObject({ code: 'INVALID_INPUT', fields, message });
        expect(Object.entries(back!.facts).sort()).toEqual(Object.entries(facts).sort());
      }),
    );
  });

  it('take a fact of any name for a fact', () => {
    const sent = new CyxError('INVALID_INPUT', 'no', { facts: Object.fromEntries([['__proto__', 'x']]) });
    const back = errorFromDetails(decodeStatusDetails(encodeStatusDetails(sent, 'r')), null);
    expect(Object.entries(back!.facts)).toEqual([['__proto__', 'x']]);
  });

  it('are nobody’s of ours where the reason is unknown', () => {
    expect(errorFromDetails({ message: '', reason: 'SOMETHING', facts: {}, fields: [], requestId: '' }, null)).toBeNull();
  });
});
