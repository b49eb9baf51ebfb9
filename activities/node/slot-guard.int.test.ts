import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Lease } from './ports.ts';
import { releaseForgotten, takeSlotForSurvivors } from './slot-guard.ts';
import { createNodeSlot, type NodeSlot } from './slot.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { fixtureCommand, fixtureSpec, until } from './testing/fixture.ts';
import { RecordingPlatform } from './testing/recording-platform.ts';

const FORGOTTEN_AFTER_MS = 100;
const log = { info: () => undefined, warn: () => undefined };
const key = { jobId: randomUUID(), attempt: 1 };

let root: string;
let supervisor: Supervisor;
let slot: NodeSlot;
let platform: RecordingPlatform;
const check = (): Promise<void> => releaseForgotten({ slot, supervisor, platform, log }, FORGOTTEN_AFTER_MS);
const state = () => ({ lives: supervisor.live().length, held: slot.holder() !== undefined });

/** A training that outlived its worker, as the next worker finds it. */
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'slot-guard-'));
  supervisor = createSupervisor({ root, command: fixtureCommand });
  await supervisor.start(key, Date.now() + 60_000, () => Promise.resolve(fixtureSpec(1_000)));
  slot = createNodeSlot();
  takeSlotForSurvivors(slot, supervisor);
  platform = new RecordingPlatform(() => ({}) as Lease);
});
afterEach(async () => {
  await supervisor.stop(key);
  rmSync(root, { recursive: true });
});

const forgotten = (): Promise<void> => until('a slot that nobody works for', () => slot.unattendedForMs() > FORGOTTEN_AFTER_MS);

it('ends a training that nobody works for once its lease is over, and frees the slot', async () => {
  platform.failWith = 'FENCED';
  await forgotten();
  await check();
  expect(state()).toEqual({ lives: 0, held: false });
});

it('keeps one whose lease holds, and one about which the platform does not answer', async () => {
  await forgotten();
  await check();
  platform.failWith = 'UNAVAILABLE';
  await check();
  expect(state()).toEqual({ lives: 1, held: true });
});

it('asks nothing while an activity works for it, or has just left it', async () => {
  platform.failWith = 'FENCED';
  const leave = slot.attend(key);
  await new Promise((resolve) => setTimeout(resolve, 2 * FORGOTTEN_AFTER_MS));
  await check();
  leave();
  await check();
  expect(state()).toEqual({ lives: 1, held: true });
});
