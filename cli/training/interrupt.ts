/** By what a person, a terminal that closes, or a system that shuts down ends a command; a shell sees 128 + its number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export interface Interrupt {
  /** What the command exits with after a signal; undefined where none came. */
  readonly exitCode: number | undefined;
  /** Leaves signals alone again. */
  dispose(): void;
}

/** Lets a command end in order: `first` on the first signal, `again` on each later one. */
export function onInterrupt({ first, again }: { readonly first: () => void; readonly again: () => void }): Interrupt {
  let exitCode: number | undefined;
  const listener = (signal: keyof typeof SIGNALS): void => {
    const isFirst = exitCode === undefined;
    exitCode ??= SIGNALS[signal];
    (isFirst ? first : again)();
  };
  const names = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
  for (const name of names) process.on(name, listener);
  return {
    get exitCode() {
      return exitCode;
    },
    dispose() {
      for (const name of names) process.off(name, listener);
    },
  };
}
