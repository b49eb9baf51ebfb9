import type {} from 'vitest';

/** What tests get by `inject(name)`. */
export interface Provided {
  /** Programs that set-up put in place. */
  readonly tools: {
    readonly temporal: string;
    readonly temporalTestServer: string;
    readonly python: string;
  };
  /**
   * Projects `integration` and `e2e`: an environment for `parseConfig` which names a running stack with free
   * ports, and a state folder that is thrown away after the run.
   */
  readonly stackEnv: Readonly<Record<string, string>>;
}

declare module 'vitest' {
  // Merging declarations is how vitest learns the types of what is provided.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface ProvidedContext extends Provided {}
}
