import { describe, expect, it } from 'vitest';
import { holdsInTime } from './funds.ts';
import { createRestClient } from './rest-client.ts';

const LOGIN = { token: 't', userId: 'u' };

/** Answers in turn as the platform does; the last answer stays. */
function walletThat(...balances: readonly (string | undefined)[]) {
  let asked = 0;
  const rest = createRestClient('http://platform.example', async () => {
    const balance = balances[Math.min(asked++, balances.length - 1)];
    return balance === undefined ? Response.json({ code: 'NOT_FOUND', detail: 'no wallet yet' }, { status: 404 }) : Response.json({ balance_base: balance });
  });
  return { rest, asked: () => asked };
}

describe('what a wallet is to hold', () => {
  it('is waited for while the wallet is being made, and its credit is on the way', async () => {
    const { rest, asked } = walletThat(undefined, '0', '100');
    expect(await holdsInTime(rest, LOGIN, 100n, { withinMs: 60_000, creditWithinMs: 10_000 })).toBe(true);
    expect(asked()).toBe(3);
  });

  it('is not waited for long in a wallet that is there already', async () => {
    const { rest } = walletThat('99');
    expect(await holdsInTime(rest, LOGIN, 100n, { withinMs: 60_000, creditWithinMs: 300 })).toBe(false);
  });
});
