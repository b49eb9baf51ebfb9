import { describe, expect, it } from 'vitest';
import { untilDrainedAndIdle } from './leave-when-drained.ts';
import { createNodeSlot } from './slot.ts';

const QUIET = { info: () => undefined, warn: () => undefined };
const KEY = { jobId: 'j', attempt: 1 };
const soon = (): Promise<void> => new Promise((done) => setTimeout(done, 30));

describe('a node that is to leave', () => {
  it('asks at once whether it drains, and goes when what it held was handed back', async () => {
    const slot = createNodeSlot();
    slot.start(KEY);
    let [wanted, beats, left] = [false, 0, ''];
    const heartbeat = async (): Promise<void> => {
      beats += 1;
      slot.setDraining(true);
    };
    const leaving = untilDrainedAndIdle({ mayLeave: () => wanted, heartbeat, slot, signal: new AbortController().signal, log: QUIET }, 1).then((answer) => (left = answer));
    await soon();
    expect(beats).toBe(0);
    wanted = true;
    await soon();
    expect({ beats, left }).toEqual({ beats: 1, left: '' });
    slot.release(KEY);
    expect(await leaving).toBe('drained');
  });

  it('stays where it does not drain, and says so when it is stopped', async () => {
    const stop = new AbortController();
    const leaving = untilDrainedAndIdle({ mayLeave: () => true, heartbeat: async () => undefined, slot: createNodeSlot(), signal: stop.signal, log: QUIET }, 1);
    await soon();
    stop.abort();
    expect(await leaving).toBe('stopped');
  });
});
