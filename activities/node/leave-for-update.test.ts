import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newerVersionWaits, untilUpdateAndIdle } from './leave-for-update.ts';
import { createNodeSlot } from './slot.ts';

const key = { jobId: '3f0c1f5e-8f4b-4c58-9f0e-0a4f5e7a1b2c', attempt: 1 };
let app: string;
const fileOf = (version: string): string => join(app, 'versions', version, 'lib/node_modules/cyxwiz/workers/node.ts');
const switchTo = (version: string): void => {
  rmSync(join(app, 'current'), { force: true });
  symlinkSync(join('versions', version), join(app, 'current'));
};

beforeEach(() => {
  app = mkdtempSync(join(tmpdir(), 'versions-'));
  mkdirSync(join(app, 'versions'));
});
afterEach(() => rmSync(app, { recursive: true, force: true }));

describe('a newer version', () => {
  it('waits once the link points at it, and never where there is none', () => {
    const waits = newerVersionWaits(fileOf('1'))!;
    expect(waits()).toBe(false);
    switchTo('1');
    expect(waits()).toBe(false);
    switchTo('2');
    expect(waits()).toBe(true);
    expect(newerVersionWaits('/home/me/cyxwiz/workers/node.ts')).toBeUndefined();
  });

  it('is left for only when the job in hand is over, and nothing is taken after that', async () => {
    const slot = createNodeSlot();
    slot.claim(key);
    slot.start(key);
    switchTo('2');
    let left: string | undefined;
    const leaving = untilUpdateAndIdle({ waits: newerVersionWaits(fileOf('1'))!, slot, signal: new AbortController().signal, lookMs: 10 }).then((answer) => (left = answer));
    await sleep(100);
    expect(left).toBeUndefined();
    slot.release(key);
    await leaving;
    expect(left).toBe('updated');
    expect(slot.supplier().tryReserveSlot({} as never)).toBeNull();
  });

  it('is not waited for by a node that stops', async () => {
    const stop = new AbortController();
    const leaving = untilUpdateAndIdle({ waits: () => false, slot: createNodeSlot(), signal: stop.signal, lookMs: 60_000 });
    stop.abort();
    expect(await leaving).toBe('stopped');
  });
});
