/** Work that goes on beside a run until there is nothing left of it to do, or nobody wants it any more. */
export abstract class BackgroundWork {
  readonly #stop = new AbortController();
  readonly #finished: Promise<void>;
  #draining = false;
  #failure: Error | undefined;

  constructor() {
    // Begun only once whoever extends this has made its own fields.
    this.#finished = Promise.resolve()
      .then(() => this.work())
      .catch((error: unknown) => {
        if (!this.signal.aborted) this.#failure = error instanceof Error ? error : new Error(String(error));
      });
  }

  /** Ends, where `draining`, once all is done that there is to do. */
  protected abstract work(): Promise<void>;

  protected get signal(): AbortSignal {
    return this.#stop.signal;
  }

  protected get draining(): boolean {
    return this.#draining;
  }

  /** It can not go on, and another try would not help. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves once all is done that there was to do; the training process must have ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#finished;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#finished;
  }
}
