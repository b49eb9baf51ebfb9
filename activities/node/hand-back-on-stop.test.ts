import { describe, expect, it } from 'vitest';
import { handBackOnStop } from './hand-back-on-stop.ts';
import { createNodeSlot } from './slot.ts';

const KEY = { jobId: 'j', attempt: 1 };
const soon = (): Promise<void> => new Promise((done) => setTimeout(done, 30));

function stopping(options: { holds: boolean; withinMs?: number }) {
  const slot = createNodeSlot();
  if (options.holds) slot.start(KEY);
  const hurry = new AbortController();
  const told: string[] = [];
  const note = (_fields: object, message: string): void => void told.push(message);
  const state = { left: false };
  const leaving = handBackOnStop({ slot, atOnce: hurry.signal, log: { info: note, warn: note }, withinMs: options.withinMs ?? 60_000, lookMs: 1 }).then(() => (state.left = true));
  return { slot, hurry, told, state, leaving };
}

describe('a node that is stopped', () => {
  it('drains at once, whatever its next heartbeat hears, and stays until the job is handed back', async () => {
    const { slot, state, told, leaving } = stopping({ holds: true });
    slot.setDraining(false);
    await soon();
    expect({ left: state.left, drains: slot.draining(), takes: slot.claim({ jobId: 'other', attempt: 1 }) }).toEqual({ left: false, drains: true, takes: false });
    slot.release(KEY);
    await leaving;
    expect(told.at(-1)).toBe('The job is handed back');
  });

  it('leaves at once where it holds nothing', async () => {
    const { told, leaving } = stopping({ holds: false });
    await leaving;
    expect(told).toEqual([]);
  });

  it('leaves with the job where it is told a second time, or nobody takes it', async () => {
    const hurried = stopping({ holds: true });
    await soon();
    expect(hurried.state.left).toBe(false);
    hurried.hurry.abort();
    await hurried.leaving;
    const late = stopping({ holds: true, withinMs: 20 });
    await late.leaving;
    expect([hurried, late].map(({ slot, told }) => [slot.holder(), /counts as timed out/.test(told.at(-1)!)])).toEqual([
      [KEY, true],
      [KEY, true],
    ]);
  });
});
