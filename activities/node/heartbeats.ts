import type { NodeLog } from './ports.ts';

/** Repeats something for as long as the node lives; a beat that fails is logged and made up for by the next. */
export function beat(name: string, everyMs: number, send: () => Promise<unknown>, log: Pick<NodeLog, 'warn'>): () => void {
  let inFlight = false;
  const tick = (): void => {
    // A platform that is slow to answer gets one call at a time.
    if (inFlight) return;
    inFlight = true;
    send()
      .catch((error: unknown) => log.warn({ err: error }, `The ${name} failed`))
      .finally(() => (inFlight = false));
  };
  tick();
  const timer = setInterval(tick, everyMs);
  return () => clearInterval(timer);
}
