import { CyxError } from '#core/errors/cyx-error';

/** So many calls at once, and again as many in the course of `windowMs`. */
export interface Allowance {
  readonly calls: number;
  readonly windowMs: number;
}

export interface Throttle {
  /**
   * Takes one call from every key's bucket, or from none.
   * @throws CyxError RATE_LIMITED, with the seconds to wait as the fact `retryAfterSeconds`.
   */
  take(buckets: readonly (readonly [key: string, allowance: Allowance])[]): void;
}

/** A stranger decides how many keys there are, so their number is bounded. */
const MAX_KEYS = 20_000;

interface Bucket {
  readonly allowance: Allowance;
  tokens: number;
  atMs: number;
}

/** Token buckets in this process's memory: a restart forgets them, and each API process has its own. */
export function createThrottle(now: () => number = () => performance.now()): Throttle {
  const buckets = new Map<string, Bucket>();

  function refilled(key: string, allowance: Allowance): Bucket {
    const atMs = now();
    const { tokens, atMs: thenMs } = buckets.get(key) ?? { tokens: allowance.calls, atMs };
    const earned = ((atMs - thenMs) / allowance.windowMs) * allowance.calls;
    const bucket: Bucket = { allowance, tokens: Math.min(allowance.calls, tokens + earned), atMs };
    // The map's order is the order of use: the first is the one that was used longest ago.
    buckets.delete(key);
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    take: (wanted) => {
      const taken = wanted.map(([key, allowance]) => refilled(key, allowance));
      const waitMs = Math.max(0, ...taken.map(({ tokens, allowance }) => ((1 - tokens) / allowance.calls) * allowance.windowMs));
      // Sums of fractions are a little off: what rounds away is no wait.
      const waitSeconds = Math.ceil(waitMs / 1000 - 1e-6);
      if (waitSeconds > 0) throw limited(waitSeconds);
      for (const bucket of taken) bucket.tokens -= 1;
      for (const [key] of buckets) {
        if (buckets.size <= MAX_KEYS) return;
        buckets.delete(key);
      }
    },
  };
}

function limited(seconds: number): CyxError {
  const after = seconds === 1 ? 'a second' : `${seconds} seconds`;
  return new CyxError('RATE_LIMITED', `That was too often. Try again after ${after}.`, { facts: { retryAfterSeconds: String(seconds) } });
}
