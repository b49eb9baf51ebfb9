import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;

/** Keeps a service from being started again before its time. */
export interface Gate {
  /** Shut from now on for this long; `Infinity` until it is opened. */
  shut(forMs: number): void;
  open(): void;
  /** Waits while it is shut. */
  pass(): Promise<void>;
}

export function createGate(): Gate {
  let shutUntilMs = 0;
  return {
    shut: (forMs) => void (shutUntilMs = performance.now() + forMs),
    open: () => void (shutUntilMs = 0),
    pass: async () => {
      while (performance.now() < shutUntilMs) await sleep(LOOK_MS);
    },
  };
}
