import { describe, expect, it, vi } from 'vitest';
import type { ActivitySlotInfo, CustomSlotSupplier } from '@temporalio/worker';
import { createNodeSlot } from './slot.ts';

const a = { jobId: 'a', attempt: 1 };
const b = { jobId: 'b', attempt: 1 };
const context = { slotType: 'activity', taskQueue: 'train.cpu', workerIdentity: 'x', workerBuildId: '', isSticky: false } as const;
const soon = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('waits'), 20));

async function reserve(supplier: CustomSlotSupplier<ActivitySlotInfo>, signal = new AbortController().signal) {
  const permit = supplier.reserveSlot(context, signal).then(() => 'permit');
  return { permit, now: await Promise.race([permit, soon()]) };
}

describe('the node’s slot', () => {
  it('is one run’s at a time, and the same run may take it again', () => {
    const slot = createNodeSlot();
    expect([slot.claim(a), slot.claim(b), slot.start(b), slot.start(a), slot.claim(a)]).toEqual([true, false, false, true, true]);
    slot.release(b);
    expect(slot.holder()).toEqual(a);
    slot.release(a);
    expect(slot.start(b)).toBe(true);
  });

  it('lapses after a claim, but never under a run, not even when the claim is repeated', () => {
    vi.useFakeTimers();
    try {
      const slot = createNodeSlot();
      slot.claim(a);
      vi.advanceTimersByTime(20_000);
      expect(slot.holder()).toBeUndefined();
      slot.claim(b);
      slot.start(b);
      slot.claim(b);
      vi.advanceTimersByTime(3_600_000);
      expect(slot.holder()).toEqual(b);
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives each queue one permit while idle, none while held, and wakes those who wait', async () => {
    const slot = createNodeSlot();
    const [one, two] = [slot.supplier(), slot.supplier()];
    expect((await reserve(one)).now).toBe('permit');
    expect((await reserve(two)).now).toBe('permit');
    expect(one.tryReserveSlot(context)).toBeNull();
    slot.claim(a);
    one.releaseSlot({ permit: {} });
    const waiting = await reserve(one);
    expect(waiting.now).toBe('waits');
    slot.release(a);
    expect(await waiting.permit).toBe('permit');
  });

  it('rejects an aborted reservation with the SDK’s own reason and gives nothing once closed', async () => {
    const slot = createNodeSlot();
    const supplier = slot.supplier();
    slot.claim(a);
    const abort = new AbortController();
    const waiting = supplier.reserveSlot(context, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toBe(abort.signal.reason);
    slot.close();
    slot.release(a);
    expect(supplier.tryReserveSlot(context)).toBeNull();
  });

  it('takes no offer once closed, but has what it held go on', () => {
    const slot = createNodeSlot();
    slot.claim(a);
    slot.close();
    expect([slot.claim(b), slot.claim(a), slot.start(a)]).toEqual([false, true, true]);
    slot.release(a);
    expect(slot.claim(b)).toBe(false);
  });

  it('goes on handing back where the owner wants no drain', () => {
    const slot = createNodeSlot();
    slot.start(a);
    slot.handBack();
    slot.setDraining(false);
    expect([slot.draining(), slot.holder(), slot.claim(b)]).toEqual([true, a, false]);
  });

  it('knows for how long nobody has worked on what holds it', () => {
    vi.useFakeTimers();
    try {
      const slot = createNodeSlot();
      slot.start(a);
      const leave = slot.attend(a);
      vi.advanceTimersByTime(60_000);
      expect(slot.unattendedForMs()).toBe(0);
      leave();
      vi.advanceTimersByTime(5_000);
      expect(slot.unattendedForMs()).toBe(5_000);
    } finally {
      vi.useRealTimers();
    }
  });
});
