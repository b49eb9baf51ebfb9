import { describe, expect, it } from 'vitest';
import { filterNodes, readNodeFilter } from './node-filter.server.ts';
import { samplesPerToken } from './node-value.ts';

const node = (name: string, over: object) => ({
  name,
  deviceClass: 'cpu',
  memoryMb: 8 * 1024,
  samplesPerSecond: 1_000,
  pricePerHourBase: 2_000_000_000n,
  totalJobs: 0,
  successful: 0,
  state: 'ACTIVE' as const,
  ...over,
});
const NODES = [
  node('plain', {}),
  node('cheap', { pricePerHourBase: 1_000_000_000n }),
  node('fast', { samplesPerSecond: 9_000, pricePerHourBase: 90_000_000_000n }),
  node('proven', { totalJobs: 50, successful: 50, state: 'BUSY' as const }),
  node('lucky', { totalJobs: 1, successful: 1 }),
  node('big', { deviceClass: 'cuda.24g', memoryMb: 24_564 }),
];
const found = (search: string): string[] => filterNodes(NODES, readNodeFilter(new URLSearchParams(search))).map(({ name }) => name);

describe('the offers', () => {
  it.each([
    ['', ['cheap', 'plain', 'proven', 'lucky', 'big', 'fast']],
    ['sort=price', ['cheap', 'plain', 'proven', 'lucky', 'big', 'fast']],
    ['sort=speed', ['fast', 'plain', 'cheap', 'proven', 'lucky', 'big']],
    ['sort=reliability', ['proven', 'lucky', 'plain', 'cheap', 'fast', 'big']],
    ['class=cuda.24g', ['big']],
    ['memory=16', ['big']],
    ['speed=5000', ['fast']],
    ['price=1.5', ['cheap']],
    ['reliability=90', ['proven', 'lucky']],
    ['reliability=90&free=1', ['lucky']],
  ])('for "%s"', (search, names) => expect(found(search)).toEqual(names));

  it('are all there where the address asks for nothing that makes sense', () => {
    expect(found('class=&memory=&price=lots&speed=-1&reliability=many&free=0&sort=beauty')).toEqual(found(''));
  });

  it('that cost nothing come first', () => {
    expect(samplesPerToken({ samplesPerSecond: 1_000, pricePerHourBase: 2_000_000_000n })).toBe(1_800_000);
    expect(samplesPerToken({ samplesPerSecond: 1, pricePerHourBase: 0n })).toBeGreaterThan(1e15);
  });
});
