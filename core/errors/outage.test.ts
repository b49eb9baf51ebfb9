import { expect, it } from 'vitest';
import { toCyxError } from './cyx-error.ts';

const named = (name: string): Error => Object.assign(new Error('x'), { name });
const coded = (code: string): Error => Object.assign(new Error('x'), { code });

it.each([
  ['a refused connection', coded('ECONNREFUSED')],
  ['one that broke in a query', new Error('Failed query: SELECT 1', { cause: coded('ECONNRESET') })],
  ['a database that shuts down', new Error('Failed query', { cause: coded('57P01') })],
  ['a driver’s bare words', new Error('Failed query', { cause: new Error('Connection terminated unexpectedly') })],
  ['MongoDB away', named('MongoServerSelectionError')],
  ['all addresses of a host', new AggregateError([coded('ECONNREFUSED')])],
])('%s is a part that does not answer', (_, error) => expect(toCyxError(error)).toMatchObject({ code: 'UNAVAILABLE', cause: error }));

it.each([
  ['a broken rule of the database', new Error('Failed query', { cause: coded('23505') })],
  ['a bug', new TypeError('x is not a function')],
  ['no error at all', 'text'],
])('%s is our own fault', (_, error) => expect(toCyxError(error).code).toBe('INTERNAL'));
