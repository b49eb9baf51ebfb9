import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { beat } from '#activities/node/heartbeats';
import { edgeBeat } from './edge-beat.ts';

const EVERY_MS = 2_000;
const log = { info: () => undefined, warn: () => undefined };

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

function start() {
  const way = { isOpen: true, hasBooks: true };
  const recorded: number[] = [];
  const send = edgeBeat({
    reach: () => (way.isOpen ? Promise.resolve() : Promise.reject(new Error('Temporal does not answer'))),
    record: (upSince) => {
      if (!way.hasBooks) return Promise.reject(new Error('no database'));
      recorded.push(upSince.getTime());
      return Promise.resolve();
    },
  });
  return { way, recorded, stop: beat('edge beat', EVERY_MS, send, log) };
}

it('tells one beginning for as long as nothing fails', async () => {
  const { recorded, stop } = start();
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
  stop();
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
  expect(recorded).toEqual([0, 0, 0, 0]);
});

it.each(['isOpen', 'hasBooks'] as const)('begins anew after %s was false', async (what) => {
  const { way, recorded, stop } = start();
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  way[what] = false;
  await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
  expect(recorded).toEqual([0, 0]);
  way[what] = true;
  await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
  stop();
  expect(recorded).toEqual([0, 0, 4 * EVERY_MS, 4 * EVERY_MS]);
});
