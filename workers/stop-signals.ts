/** What a terminal sends to all of its processes reaches this one twice, once more by whoever started it. */
const SAME_WORD_MS = 1_000;

export interface StopSignals {
  /** Somebody wants the process to end, in good order. */
  readonly stopped: AbortSignal;
  /** Somebody has said so again, and does not want to wait. */
  readonly atOnce: AbortSignal;
}

/** What SIGTERM and SIGINT ask of this process. */
export function stopSignals(source: Pick<NodeJS.EventEmitter, 'on'> = process, sameWordMs = SAME_WORD_MS): StopSignals {
  const [stop, hurry] = [new AbortController(), new AbortController()];
  let firstAtMs: number | undefined;
  const heard = (): void => {
    firstAtMs ??= Date.now();
    stop.abort();
    if (Date.now() - firstAtMs >= sameWordMs) hurry.abort();
  };
  for (const name of ['SIGTERM', 'SIGINT']) source.on(name, heard);
  return { stopped: stop.signal, atOnce: hurry.signal };
}
