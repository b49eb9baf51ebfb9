import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { warnOfRoot } from './network-check.ts';

it('says where trainings have the rights of root because nothing can take them away', () => {
  const nothing = mkdtempSync(join(tmpdir(), 'no-programs-'));
  vi.stubEnv('PATH', nothing);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(nothing, { recursive: true });
  });
  const told: string[] = [];
  warnOfRoot({ warn: (_fields, message) => void told.push(message) });
  expect(told).toEqual(process.getuid?.() === 0 ? [expect.stringMatching(/rights of root/)] : []);
});
