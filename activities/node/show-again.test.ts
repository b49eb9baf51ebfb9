import { describe, expect, it, vi } from 'vitest';
import type { ShownCapability } from './challenge.ts';
import { createShowAgain, type ShowAgainOptions } from './show-again.ts';
import { createNodeSlot } from './slot.ts';

const RUN = { jobId: '3f0c1f5e-8f4b-4c58-9f0e-0a4f5e7a1b2c', attempt: 1 };
const passed: ShownCapability = { passed: true, reason: '', memoryMib: 1, gflops: 1, bandwidthGBs: 1 };

function prepare(change: Partial<ShowAgainOptions> = {}) {
  const slot = createNodeSlot();
  const warnings: string[] = [];
  let [shows, renewals] = [0, 0];
  let finish: (shown: ShownCapability) => void = () => undefined;
  const showAgain = createShowAgain({
    slot,
    show: (signal) =>
      new Promise((resolve, reject) => {
        shows += 1;
        finish = resolve;
        signal.addEventListener('abort', () => reject(new Error('broken off')));
      }),
    onShown: async () => void (renewals += 1),
    log: { info: () => undefined, warn: (_fields, message) => void warnings.push(message) },
    tryAgainMs: 0,
    ...change,
  });
  return { slot, showAgain, warnings, counts: () => [shows, renewals], finish: (shown: ShownCapability) => finish(shown) };
}

describe('a node that is asked to show again what it can do', () => {
  it('does it once at a time, takes no job meanwhile, and gets its queues back', async () => {
    const { slot, showAgain, counts, finish } = prepare();
    showAgain.due();
    showAgain.due();
    expect(counts()).toEqual([1, 0]);
    expect(slot.claim(RUN)).toBe(false);
    finish(passed);
    await vi.waitFor(() => expect(counts()).toEqual([1, 1]));
    await vi.waitFor(() => expect(slot.claim(RUN)).toBe(true));
  });

  it('waits until its run has ended', async () => {
    const { slot, showAgain, counts } = prepare();
    slot.start(RUN);
    showAgain.due();
    expect(counts()).toEqual([0, 0]);
    slot.release(RUN);
    showAgain.due();
    expect(counts()).toEqual([1, 0]);
    // A run that comes back after a restart is not turned away.
    expect(slot.start(RUN)).toBe(true);
    await showAgain.stop();
  });

  it('does it again only after a while where it did not pass, and not while it drains or stops', async () => {
    const { slot, showAgain, counts, finish, warnings } = prepare({ tryAgainMs: 60_000 });
    slot.setDraining(true);
    showAgain.due();
    expect(counts()).toEqual([0, 0]);
    slot.setDraining(false);
    showAgain.due();
    finish({ ...passed, passed: false, reason: 'too slow' });
    await vi.waitFor(() => expect(warnings).toEqual(['This machine did not pass the challenge that it was asked to go through']));
    await vi.waitFor(() => expect(slot.claim(RUN)).toBe(true));
    slot.release(RUN);
    showAgain.due();
    expect(counts()).toEqual([1, 0]);
  });

  it('breaks off when the node stops', async () => {
    const { slot, showAgain, counts, warnings } = prepare();
    showAgain.due();
    await showAgain.stop();
    showAgain.due();
    expect(counts()).toEqual([1, 0]);
    expect(warnings).toEqual([]);
    expect(slot.claim(RUN)).toBe(true);
  });
});
