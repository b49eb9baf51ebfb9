import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { INSTRUCTION_ERRORS, TRANSACTION_ERRORS } from './error-names.ts';

const types = readFileSync(createRequire(import.meta.url).resolve('litesvm/dist/internal.d.ts'), 'utf8');

it.each([
  ['TransactionErrorFieldless', TRANSACTION_ERRORS],
  ['InstructionErrorFieldless', INSTRUCTION_ERRORS],
] as const)('the names of %s are those of the installed runtime', (name, names) => {
  const body = new RegExp(`const enum ${name} \\{([^}]*)\\}`).exec(types)?.[1] ?? '';
  const expected = [...body.matchAll(/(\w+) = (\d+)/g)].map((match) => [match[1], Number(match[2])]);
  expect(expected.length).toBeGreaterThan(30);
  expect(names.map((text, index) => [text, index])).toEqual(expected);
});
