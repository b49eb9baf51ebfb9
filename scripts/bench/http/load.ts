import autocannon from 'autocannon';

/** What is asked for, again and again. */
export interface Target {
  readonly url: string;
  readonly requests: readonly autocannon.Request[];
  readonly connections: number;
  /** A turn ends after so many seconds, or after so many answers. */
  readonly turn: { readonly seconds: number } | { readonly answers: number };
}

export interface Turn {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** No answer, or another than 2xx. */
  readonly failed: number;
  readonly answers: number;
}

export async function takeTurn({ url, requests, connections, turn }: Target): Promise<Turn> {
  const startedMs = performance.now();
  const result = await autocannon({ url, connections, requests: [...requests], ...('seconds' in turn ? { duration: turn.seconds } : { amount: turn.answers }) });
  const seconds = (performance.now() - startedMs) / 1_000;
  const answers = result['2xx'];
  return {
    // Over the whole turn: autocannon's own average is of whole seconds, of which a short turn has few.
    perSecond: answers / seconds,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.errors + result.timeouts + result.non2xx,
    answers,
  };
}
