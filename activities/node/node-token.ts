import type { IssuedNodeToken, TokenSource } from './platform-client.ts';
import type { NodeLog } from './ports.ts';

/** Tokens live for five minutes: two minutes are left for a platform that is away for a moment. */
const REFRESH_MS = 180_000;
const RETRY_MS = 3_000;

export interface NodeToken extends TokenSource {
  readonly issued: IssuedNodeToken;
  stop(): void;
}

export interface NodeTokenOptions {
  issue(): Promise<IssuedNodeToken>;
  /** Told of every new token before anybody uses it. */
  onToken(issued: IssuedNodeToken): Promise<void>;
  readonly log: NodeLog;
  readonly refreshMs?: number;
}

/** Keeps a valid node token at hand. The first one must succeed; later failures are tried again until one does. */
export async function keepNodeToken({ issue, onToken, log, refreshMs = REFRESH_MS }: NodeTokenOptions): Promise<NodeToken> {
  let issued = await issue();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let pending: Promise<string> | undefined;

  const refresh = async (): Promise<string> => {
    const next = await issue();
    await onToken(next);
    issued = next;
    return next.token;
  };
  // Many calls may find the token stale in the same moment; the platform is asked once.
  const renew = (): Promise<string> => {
    pending ??= refresh().finally(() => (pending = undefined));
    return pending;
  };
  const schedule = (delayMs: number): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      renew().then(
        () => schedule(refreshMs),
        (error: unknown) => {
          log.warn({ err: error }, 'The node token could not be refreshed');
          schedule(Math.min(RETRY_MS, refreshMs));
        },
      );
    }, delayMs);
  };
  await onToken(issued);
  schedule(refreshMs);
  return {
    get issued() {
      return issued;
    },
    current: () => Promise.resolve(issued.token),
    renew,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
