import { describe, expect, it } from 'vitest';
import { csvText } from './csv.ts';

describe('csvText', () => {
  it('quotes what would break a row, and ends each row as RFC 4180 says', () => {
    expect(csvText(['a', 'b'], [['1', 'x, "y"'], ['two\nlines', '']])).toBe('\uFEFFa,b\r\n1,"x, ""y"""\r\n"two\nlines",\r\n');
  });

  it('leaves no formula in it', () => {
    expect(csvText(['n'], [['=1+1'], ['@x'], ['-2'], ['+2'], ['3']])).toBe("\uFEFFn\r\n'=1+1\r\n'@x\r\n'-2\r\n'+2\r\n3\r\n");
  });
});
