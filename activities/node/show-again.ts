import type { ShownCapability } from './challenge.ts';
import type { NodeLog } from './ports.ts';
import type { NodeSlot } from './slot.ts';

/** After a challenge that was not passed, or broke off. */
const TRY_AGAIN_MS = 60_000;

export interface ShowAgainOptions {
  readonly slot: Pick<NodeSlot, 'reserve' | 'draining'>;
  readonly show: (signal: AbortSignal) => Promise<ShownCapability>;
  /** The platform believes the node again: it may have queues that it had not. */
  readonly onShown: () => Promise<unknown>;
  readonly log: NodeLog;
  readonly tryAgainMs?: number;
}

export interface ShowAgain {
  /** The platform asks for it. Done as soon as the node has nothing else to do; asked again in vain until then. */
  due(): void;
  stop(): Promise<void>;
}

/** Shows what this machine can do whenever it is asked to, one challenge at a time, and takes no job meanwhile. */
export function createShowAgain({ slot, show, onShown, log, tryAgainMs = TRY_AGAIN_MS }: ShowAgainOptions): ShowAgain {
  const stopping = new AbortController();
  let current: Promise<void> | undefined;
  let notBeforeMs = 0;

  const run = async (release: () => void): Promise<void> => {
    notBeforeMs = Date.now() + tryAgainMs;
    try {
      const { passed, ...shown } = await show(stopping.signal);
      if (!passed) return log.warn(shown, 'This machine did not pass the challenge that it was asked to go through');
      log.info(shown, 'Showed what this machine can do');
      await onShown();
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ err: error }, 'A challenge broke off');
    } finally {
      release();
    }
  };
  return {
    due() {
      if (current !== undefined || slot.draining() || Date.now() < notBeforeMs || stopping.signal.aborted) return;
      const release = slot.reserve();
      if (release === undefined) return;
      current = run(release).finally(() => (current = undefined));
    },
    async stop() {
      stopping.abort();
      await current;
    },
  };
}
