import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { field } from './testing/raw-client.ts';
import { allBytes, fieldsOf, filterFields, mapBytes, onlyBytes, onlyText, onlyVarint } from './wire.ts';

const anyField = fc.tuple(fc.integer({ min: 1, max: 2 ** 29 - 1 }), fc.uint8Array({ maxLength: 300 })).map(([number, value]) => ({ number, value }));
const message = (fields: readonly { number: number; value: Uint8Array }[]): Buffer =>
  Buffer.concat(fields.map(({ number, value }) => field(number, Buffer.from(value))));

describe('the wire walker', () => {
  it('finds what was written, in order', () => {
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 20 }), (fields) => {
        expect(fieldsOf(message(fields)).map((found) => found.number)).toEqual(fields.map(({ number }) => number));
      }),
    );
  });

  it('changes one field and not a byte besides', () => {
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 10 }), fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (around, before, after) => {
        const others = around.filter(({ number }) => number !== 1);
        const whole = (value: Uint8Array) => message([...others, { number: 1, value }, ...others]);
        expect(Buffer.from(mapBytes(whole(before), 1, () => after)).equals(whole(after))).toBe(true);
      }),
    );
  });

  it('never does anything to arbitrary bytes but read or refuse them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const fields = fieldsOf(bytes);
          expect(fields.at(-1)?.end ?? 0).toBe(bytes.length);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_INPUT' });
        }
      }),
    );
  });

  it('refuses a deciding field that is there twice or of another type', () => {
    const twice = Buffer.concat([field(2, 'a'), field(2, 'b')]);
    expect(() => onlyBytes(twice, 2)).toThrow('not valid');
    expect(allBytes(twice, 2)).toHaveLength(2);
    expect(() => onlyBytes(Buffer.from([0x10, 0x01]), 2)).toThrow('not valid');
    expect(() => onlyVarint(field(2, 'a'), 2)).toThrow('not valid');
    expect(() => onlyText(field(2, Buffer.from([0xff])), 2)).toThrow('not valid');
  });

  it('gives defaults for what is absent, and leaves out what is not kept', () => {
    expect([onlyText(Buffer.alloc(0), 1), onlyVarint(Buffer.alloc(0), 1), onlyBytes(Buffer.alloc(0), 1)]).toEqual(['', 0, undefined]);
    expect(Buffer.from(filterFields(message([{ number: 9, value: Buffer.from('x') }, { number: 1, value: Buffer.from('y') }]), (n) => n !== 9))).toEqual(field(1, 'y'));
  });
});
