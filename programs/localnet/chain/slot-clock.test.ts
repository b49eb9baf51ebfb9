import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BLOCKHASH_SLOTS, SLOT_MS, SlotClock, type SlotClockStart } from './slot-clock.ts';

const GENESIS_MS = 1_700_000_000_000;
let dataDir: string;
let nowMs: number;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cyxwiz-clock-'));
  nowMs = GENESIS_MS;
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function open(over: Partial<SlotClockStart> = {}): SlotClock {
  const start = {
    dataDir,
    genesisTimeMs: GENESIS_MS,
    hashSeed: new Uint8Array(32).fill(5),
    warpSlots: 0,
    warpSeconds: 0,
    lastSlot: 0,
    lastUnixTimeS: 0,
  };
  return new SlotClock({ ...start, nowMs: () => nowMs, ...over });
}

describe('slots', () => {
  it('follow the wall clock', () => {
    const clock = open();
    nowMs += 100 * SLOT_MS;
    expect(clock.tick()).toEqual({ slot: 101, unixTimeS: GENESIS_MS / 1000 + 40 });
    clock.close();
  });

  it('never go back, however the wall clock jumps and the process restarts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ jumpMs: fc.integer({ min: -500_000, max: 500_000 }), restart: fc.boolean() }), {
          maxLength: 20,
        }),
        (steps) => {
          let clock = open();
          let before = { slot: clock.slot, unixTimeS: clock.unixTimeS };
          for (const { jumpMs, restart } of steps) {
            nowMs += jumpMs;
            if (restart) clock.close();
            // What a killed process leaves: its slot file, and nothing else that knows its ticks.
            if (restart) clock = open();
            else clock.tick();
            expect(clock.slot).toBeGreaterThan(before.slot);
            expect(clock.unixTimeS).toBeGreaterThanOrEqual(before.unixTimeS);
            before = { slot: clock.slot, unixTimeS: clock.unixTimeS };
          }
          clock.close();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('start behind the last slot of the journal where the slot file was lost', () => {
    writeFileSync(join(dataDir, 'slot.json'), '{"slot": 1');
    const clock = open({ lastSlot: 7000, lastUnixTimeS: GENESIS_MS / 1000 + 50 });
    expect(clock.slot).toBe(7001);
    expect(clock.unixTimeS).toBe(GENESIS_MS / 1000 + 50);
    clock.close();
  });
});

describe('blockhashes', () => {
  it('are valid for 150 slots and unknown afterwards', () => {
    const clock = open();
    const { blockhash, slot } = clock;
    nowMs += BLOCKHASH_SLOTS * SLOT_MS;
    clock.tick();
    expect(clock.slotOfBlockhash(blockhash)).toBe(slot);
    nowMs += SLOT_MS;
    clock.tick();
    expect(clock.slotOfBlockhash(blockhash)).toBeUndefined();
    clock.close();
  });

  it('that were given out before a crash are valid after it, and stay those of their slots', () => {
    const first = open();
    const { blockhash, slot } = first;
    first.close();
    const second = open();
    expect(second.slotOfBlockhash(blockhash)).toBe(slot);
    expect(second.blockhashOf(slot)).toBe(blockhash);
    second.close();
  });

  it('differ between slots and between chains', () => {
    const clock = open();
    const other = open({ hashSeed: new Uint8Array(32).fill(6) });
    expect(new Set([clock.blockhashOf(1), clock.blockhashOf(2), other.blockhashOf(1)]).size).toBe(3);
    clock.close();
    other.close();
  });
});

describe('a warp', () => {
  it('moves slots and time forward and stays', () => {
    const clock = open();
    const { blockhash } = clock;
    const warped = clock.warp({ slots: 1000, seconds: 604_800 });
    expect(warped.slot).toBeGreaterThan(1000);
    expect(warped.unixTimeS).toBe(GENESIS_MS / 1000 + 604_800);
    expect(clock.slotOfBlockhash(blockhash)).toBeUndefined();
    nowMs += SLOT_MS * 3;
    expect(clock.tick().unixTimeS).toBe(GENESIS_MS / 1000 + 604_801);
    clock.close();
  });

  it('without slots keeps the blockhashes that are out', () => {
    const clock = open();
    const { blockhash } = clock;
    clock.warp({ slots: 0, seconds: 86_400 });
    expect(clock.slotOfBlockhash(blockhash)).toBeDefined();
    clock.close();
  });
});
