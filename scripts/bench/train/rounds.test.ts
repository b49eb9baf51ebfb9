import { describe, expect, it } from 'vitest';
import { takeTurns } from './rounds.ts';

describe('takeTurns', () => {
  it('gives each contestant one turn a round, and each place equally often', async () => {
    const order: string[] = [];
    const turn = (name: string) => async () => order.push(name);
    const results = await takeTurns(8, { a: turn('a'), b: turn('b'), c: turn('c'), d: turn('d') });
    expect(results).toHaveLength(8);
    for (let round = 0; round < 8; round++) expect(order.slice(round * 4, round * 4 + 4).sort()).toEqual(['a', 'b', 'c', 'd']);
    for (const place of [0, 1, 2, 3]) {
      const there = Array.from({ length: 8 }, (_, round) => order[round * 4 + place]).sort();
      expect(there).toEqual(['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd']);
    }
  });

  it('keeps each result with its name', async () => {
    expect(await takeTurns(2, { one: async () => 1, two: async () => 2 })).toEqual([{ one: 1, two: 2 }, { one: 1, two: 2 }]);
  });
});
