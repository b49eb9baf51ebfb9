import { expect, it } from 'vitest';
import { overlapsOf, shareWhileBothWait, type Claim } from './claims.ts';

const claim = (userId: string, nodeId: string, openedMs: number, claimedMs: number): Claim => ({
  jobId: `${userId}-${claimedMs}`,
  userId,
  nodeId,
  openedAt: new Date(openedMs),
  claimedAt: new Date(claimedMs),
  completedAt: new Date(claimedMs + 10),
});

it('counts a share only while both customers wait', () => {
  // Alone until 100, by turns until 140, alone again.
  const claims = [claim('a', 'n', 0, 50), claim('b', 'n', 100, 110), claim('a', 'n', 0, 120), claim('b', 'n', 100, 130), claim('a', 'n', 0, 140), claim('a', 'n', 0, 150)];
  expect(shareWhileBothWait(claims, 'b')).toEqual({ share: 2 / 3, starts: 3 });
});

it('sees a node that had two jobs at once', () => {
  expect(overlapsOf([claim('a', 'n', 0, 0), claim('a', 'n', 0, 10), claim('a', 'm', 0, 12)])).toBe(0);
  expect(overlapsOf([claim('a', 'n', 0, 0), claim('a', 'n', 0, 9)])).toBe(1);
});
