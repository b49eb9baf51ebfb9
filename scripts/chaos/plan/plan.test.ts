import { describe, expect, it } from 'vitest';
import { makePlan } from './plan.ts';
import { createRandom } from './random.ts';
import { nameOfTrouble, TROUBLE_NAMES } from './trouble.ts';

describe('a plan', () => {
  it('is the same for the same seed, and another for another', () => {
    const options = { jobs: 40, seed: 7, users: 3 };
    expect(makePlan(options)).toEqual(makePlan(options));
    expect(makePlan(options)).not.toEqual(makePlan({ ...options, seed: 8 }));
  });

  it('gives every job a trouble, and every kind a turn', () => {
    const plan = makePlan({ jobs: 200, seed: 1, users: 4 });
    expect(plan.every(({ troubles }) => troubles.length > 0)).toBe(true);
    expect(new Set(plan.map(({ troubles }) => nameOfTrouble(troubles[0]!)))).toEqual(new Set(TROUBLE_NAMES));
  });

  it('keeps to the kinds it is told, by name or by family', () => {
    const names = (only: readonly string[]): Set<string> => new Set(makePlan({ jobs: 30, seed: 1, users: 1, only }).flatMap(({ troubles }) => troubles.map(nameOfTrouble)));
    expect(names(['kill:node'])).toEqual(new Set(['kill:node']));
    expect([...names(['lie'])].every((name) => name.startsWith('lie:'))).toBe(true);
    expect(() => names(['storm'])).toThrow('There is no trouble "storm"');
  });
});

describe('its numbers', () => {
  it('spread evenly and stay within their bounds', () => {
    const random = createRandom(3);
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 6_000; draw++) {
      const value = random.between(1, 6);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(count).toBeGreaterThan(850);
  });
});
