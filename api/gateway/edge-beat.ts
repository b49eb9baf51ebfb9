import type { GatewayLog } from './types.ts';

export interface EdgeBeat {
  /** Goes the way of a node's call, as far as Temporal. */
  reach(): Promise<void>;
  /** Notes for everybody that providers could reach the platform without a break since then. */
  record(upSince: Date): Promise<void>;
  readonly everyMs: number;
  readonly log: GatewayLog;
}

/**
 * Says again and again since when providers can reach the platform: what a node does not say counts as silence only
 * while this goes on. One beat that fails, be it that Temporal or that the database is away, and the time begins anew.
 * @returns what ends it.
 */
export function keepBeating({ reach, record, everyMs, log }: EdgeBeat): () => void {
  let upSince: Date | undefined;
  let inFlight = false;
  const beat = async (): Promise<void> => {
    if (inFlight) return;
    inFlight = true;
    const since = upSince ?? new Date();
    upSince = undefined;
    try {
      await reach();
      await record(since);
      upSince = since;
    } catch (error) {
      log.warn({ err: error }, 'Providers can not reach the platform');
    } finally {
      inFlight = false;
    }
  };
  void beat();
  const timer = setInterval(() => void beat(), everyMs);
  return () => clearInterval(timer);
}
