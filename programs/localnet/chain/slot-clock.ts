import { createHmac } from 'node:crypto';
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeBase58 } from '../codec/base58.ts';

export const SLOT_MS = 400;
/** A blockhash serves this many slots, as on a real cluster. */
export const BLOCKHASH_SLOTS = 150;
const KEPT_SLOTS = 512;
const SLOT_FILE = 'slot.json';

export interface SlotClockStart {
  readonly dataDir: string;
  readonly genesisTimeMs: number;
  readonly hashSeed: Uint8Array;
  readonly warpSlots: number;
  readonly warpSeconds: number;
  /** Highest slot and time the journal knows. */
  readonly lastSlot: number;
  readonly lastUnixTimeS: number;
  readonly nowMs: () => number;
}

export interface SlotTime {
  readonly slot: number;
  readonly unixTimeS: number;
}

/**
 * Slots follow the wall clock from genesis on, so a restart continues where time is, and they never go back: not when
 * the wall clock does, and not after `kill -9`, since each tick leaves its slot in a small file beside the journal.
 * The file is not synced: after a power cut the wall clock and the journal's last slot carry on.
 */
export class SlotClock {
  private readonly start: SlotClockStart;
  private readonly slotFd: number;
  private readonly times = new Map<number, number>();
  private readonly recentSlots = new Map<string, number>();
  private warpSlots: number;
  private warpSeconds: number;
  private slotNow: number;
  private unixTimeNowS: number;

  constructor(start: SlotClockStart) {
    this.start = start;
    this.warpSlots = start.warpSlots;
    this.warpSeconds = start.warpSeconds;
    const left = readSlotFile(join(start.dataDir, SLOT_FILE));
    this.slotNow = Math.max(start.lastSlot, left.slot);
    this.unixTimeNowS = Math.max(start.lastUnixTimeS, left.unixTimeS);
    this.slotFd = openSync(join(start.dataDir, SLOT_FILE), constants.O_RDWR | constants.O_CREAT, 0o600);
    for (let slot = Math.max(0, this.slotNow - BLOCKHASH_SLOTS); slot <= this.slotNow; slot += 1) this.remember(slot);
    this.tick();
  }

  get slot(): number {
    return this.slotNow;
  }

  get unixTimeS(): number {
    return this.unixTimeNowS;
  }

  /** All warps so far. */
  get warped(): { readonly slots: number; readonly seconds: number } {
    return { slots: this.warpSlots, seconds: this.warpSeconds };
  }

  get blockhash(): string {
    return this.blockhashOf(this.slotNow);
  }

  /** Moves on to the slot the time asks for, by one at least. */
  tick(): SlotTime {
    const before = this.slotNow;
    const nowMs = this.start.nowMs();
    const due = 1 + Math.floor((nowMs - this.start.genesisTimeMs) / SLOT_MS) + this.warpSlots;
    this.slotNow = Math.max(before + 1, due);
    this.unixTimeNowS = Math.max(this.unixTimeNowS, Math.floor(nowMs / 1000) + this.warpSeconds);
    for (let slot = Math.max(before + 1, this.slotNow - BLOCKHASH_SLOTS); slot <= this.slotNow; slot += 1)
      this.remember(slot);
    this.times.set(this.slotNow, this.unixTimeNowS);
    for (const slot of this.times.keys()) if (slot < this.slotNow - KEPT_SLOTS) this.times.delete(slot);
    for (const [hash, slot] of this.recentSlots)
      if (slot < this.slotNow - BLOCKHASH_SLOTS) this.recentSlots.delete(hash);
    // Fixed width: a shorter text never leaves the end of a longer one behind.
    const text = JSON.stringify({ slot: this.slotNow, unixTimeS: this.unixTimeNowS }).padEnd(96);
    writeSync(this.slotFd, text, 0);
    return { slot: this.slotNow, unixTimeS: this.unixTimeNowS };
  }

  warp(by: { readonly slots: number; readonly seconds: number }): SlotTime {
    this.warpSlots += by.slots;
    this.warpSeconds += by.seconds;
    return this.tick();
  }

  blockhashOf(slot: number): string {
    return encodeBase58(createHmac('sha256', this.start.hashSeed).update(`slot ${slot}`).digest());
  }

  /** The slot of a blockhash that is still young enough, or undefined. */
  slotOfBlockhash(blockhash: string): number | undefined {
    return this.recentSlots.get(blockhash);
  }

  /** When a slot ticked, for the slots of the last minutes. */
  timeOf(slot: number): number | undefined {
    return this.times.get(slot);
  }

  close(): void {
    closeSync(this.slotFd);
  }

  private remember(slot: number): void {
    this.recentSlots.set(this.blockhashOf(slot), slot);
  }
}

function readSlotFile(path: string): SlotTime {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<SlotTime>;
    return { slot: safe(value.slot), unixTimeS: safe(value.unixTimeS) };
  } catch {
    // Missing, or cut by a power loss: the journal and the wall clock are enough.
    return { slot: 0, unixTimeS: 0 };
  }
}

function safe(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
