import { randomBytes } from 'node:crypto';

/**
 * Numbers beyond 2^53 (lamports of a rich account, the rent epoch 2^64-1) leave as exact JSON integers, as a
 * validator writes them. `JSON.stringify` cannot do that, so such a bigint passes through it as a string under a
 * mark nobody outside can know, and loses its quotes afterwards.
 */
const MARK = randomBytes(12).toString('hex');
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');

export function stringifyJson(value: unknown): string {
  let marked = false;
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'bigint') return item;
    if (item <= BigInt(Number.MAX_SAFE_INTEGER) && item >= BigInt(Number.MIN_SAFE_INTEGER)) return Number(item);
    marked = true;
    return `${MARK}${item}`;
  });
  return marked ? text.replace(MARKED, '$1') : text;
}
