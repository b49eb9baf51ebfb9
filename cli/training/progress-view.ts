import type { ProgressLine } from '#engine/node/child-contract';

/** Share of a new observation in the running mean of the pace. */
const WEIGHT = 0.2;

/** Tells how long the rest takes, from the pace between the lines that it is given; undefined before it has seen two. */
export function createEta(): (line: ProgressLine) => number | undefined {
  let last: ProgressLine | undefined;
  let msPerStep: number | undefined;
  return (line) => {
    const steps = last === undefined ? 0 : line.step - last.step;
    if (last !== undefined && steps > 0) {
      const pace = (Date.parse(line.at) - Date.parse(last.at)) / steps;
      msPerStep = msPerStep === undefined ? pace : msPerStep + WEIGHT * (pace - msPerStep);
    }
    last = line;
    return msPerStep === undefined ? undefined : Math.round(msPerStep * (line.steps - line.step));
  };
}

export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function formatProgress(line: ProgressLine, etaMs: number | undefined): string {
  const { epoch, epochs, step, steps, loss, accuracy, samplesPerSecond } = line;
  const rest = etaMs === undefined || step === steps ? '' : `  ${formatDuration(etaMs)} left`;
  return `epoch ${epoch}/${epochs}  step ${step}/${steps}  loss ${loss.toFixed(4)}  accuracy ${(accuracy * 100).toFixed(1)} %  ${Math.round(samplesPerSecond).toLocaleString('en')} samples/s${rest}`;
}

export interface ProgressView {
  show(line: ProgressLine, etaMs: number | undefined): void;
  /** Leaves the last line standing. */
  end(): void;
}

const SELDOM_MS = 10_000;

/** One line that changes in place on a terminal; elsewhere a line at the start of each epoch, every ten seconds, and at the end. */
export function createProgressView(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>): ProgressView {
  let last: ProgressLine | undefined;
  if (stream.isTTY) {
    return {
      show(line, etaMs) {
        last = line;
        // A line that breaks could not be overwritten.
        stream.write(`\r\u001b[K${formatProgress(line, etaMs).slice(0, (stream.columns || 80) - 1)}`);
      },
      end: () => void (last !== undefined && stream.write('\n')),
    };
  }
  return {
    show(line, etaMs) {
      const isDue = last === undefined || line.epoch > last.epoch || line.step === line.steps || Date.parse(line.at) - Date.parse(last.at) >= SELDOM_MS;
      if (!isDue) return;
      last = line;
      stream.write(`${formatProgress(line, etaMs)}\n`);
    },
    end: () => undefined,
  };
}
