import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CyxError } from '#core/errors/cyx-error';
import { keepNodeToken } from './node-token.ts';
import type { IssuedNodeToken } from './platform-client.ts';

const log = { info: () => undefined, warn: () => undefined };
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function issuer() {
  let count = 0;
  const state = { away: false };
  const issue = async (): Promise<IssuedNodeToken> => {
    await Promise.resolve();
    if (state.away) throw new CyxError('UNAVAILABLE', 'away');
    count += 1;
    return { token: `t${count}`, expiresAtMs: 0, queues: [] };
  };
  return { state, issue };
}

describe('the node’s token', () => {
  it('is renewed every three minutes, and everybody is told before it is used', async () => {
    const told: string[] = [];
    const token = await keepNodeToken({ ...issuer(), onToken: ({ token: next }) => Promise.resolve(void told.push(next)), log });
    await vi.advanceTimersByTimeAsync(180_000);
    expect([await token.current(), told]).toEqual(['t2', ['t1', 't2']]);
    token.stop();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await token.current()).toBe('t2');
  });

  it('is asked for again every few seconds while the platform is away', async () => {
    const { state, issue } = issuer();
    const token = await keepNodeToken({ issue, onToken: () => Promise.resolve(), log });
    state.away = true;
    await vi.advanceTimersByTimeAsync(200_000);
    expect(await token.current()).toBe('t1');
    state.away = false;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await token.current()).toBe('t2');
    token.stop();
  });

  it('is renewed once for many who found it stale together', async () => {
    const token = await keepNodeToken({ ...issuer(), onToken: () => Promise.resolve(), log });
    expect(await Promise.all([token.renew(), token.renew(), token.renew()])).toEqual(['t2', 't2', 't2']);
    token.stop();
  });
});
