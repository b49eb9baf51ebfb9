import { setTimeout as sleep } from 'node:timers/promises';
import { readLinesFrom } from './log-file.ts';
import type { ReadyFacts, ServiceSpec } from './service.ts';

const LOOK_EVERY_MS = 25;

interface Watched {
  readonly logPath: string;
  readonly logOffset: number;
  readonly ended: Promise<{ readonly text: string }>;
  readonly stopping: AbortSignal;
}

/** Waits until the service is ready; throws when it ends before, takes too long, or is not wanted any more. */
export async function whenReady(spec: ServiceSpec, watched: Watched): Promise<ReadyFacts> {
  let endingText: string | undefined;
  void watched.ended.then((ending) => (endingText = ending.text));
  const look = spec.readiness.kind === 'readyLine' ? readyLineReader(spec.name, watched) : prober(spec.readiness.probe);
  const giveUpAtMs = performance.now() + spec.readyTimeoutMs;
  for (;;) {
    const facts = await look();
    // Ended counts more than ready: a probe may have been answered by somebody else on that port.
    if (endingText !== undefined) throw new Error(endingText);
    if (watched.stopping.aborted) throw new Error('it was stopped while it started');
    if (facts !== undefined) return facts;
    if (performance.now() > giveUpAtMs) throw new Error(`it was not ready within ${spec.readyTimeoutMs / 1000} s`);
    await sleep(LOOK_EVERY_MS);
  }
}

function readyLineReader(name: string, watched: Watched): () => Promise<ReadyFacts | undefined> {
  let offset = watched.logOffset;
  return () => {
    const { lines, nextOffset } = readLinesFrom(watched.logPath, offset);
    offset = nextOffset;
    return Promise.resolve(lines.map((line) => readyFacts(line, name)).find((facts) => facts !== undefined));
  };
}

/** The facts of a ready line `{"ready":"<name>",…}`; undefined for any other line. */
export function readyFacts(line: string, name: string): ReadyFacts | undefined {
  if (!line.startsWith('{') || !line.includes('"ready"')) return undefined;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value.ready === name ? value : undefined;
  } catch {
    return undefined;
  }
}

function prober(probe: () => Promise<ReadyFacts>): () => Promise<ReadyFacts | undefined> {
  return () => probe().catch(() => undefined);
}
