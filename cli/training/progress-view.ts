import type { ProgressLine } from '#engine/node/child-contract';

export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function formatProgress(line: ProgressLine): string {
  const { epoch, epochs, step, steps, loss, accuracy, samplesPerSecond, etaMs } = line;
  const rest = etaMs === undefined || step === steps ? '' : `  ${formatDuration(etaMs)} left`;
  return `epoch ${epoch}/${epochs}  step ${step}/${steps}  loss ${loss.toFixed(4)}  accuracy ${(accuracy * 100).toFixed(1)} %  ${Math.round(samplesPerSecond).toLocaleString('en')} samples/s${rest}`;
}

export interface ProgressView {
  show(line: ProgressLine): void;
  /** Leaves the last line standing. */
  end(): void;
}

const SELDOM_MS = 10_000;

/** One line that changes in place on a terminal; elsewhere a line at the start of each epoch, every ten seconds, and at the end. */
export function createProgressView(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>): ProgressView {
  let last: ProgressLine | undefined;
  if (stream.isTTY) {
    return {
      show(line) {
        last = line;
        // A line that breaks could not be overwritten.
        stream.write(`\r\u001b[K${formatProgress(line).slice(0, (stream.columns || 80) - 1)}`);
      },
      end: () => void (last !== undefined && stream.write('\n')),
    };
  }
  return {
    show(line) {
      const isDue = last === undefined || line.epoch > last.epoch || line.step === line.steps || Date.parse(line.at) - Date.parse(last.at) >= SELDOM_MS;
      if (!isDue) return;
      last = line;
      stream.write(`${formatProgress(line)}\n`);
    },
    end: () => undefined,
  };
}
