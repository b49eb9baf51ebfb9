import pc from 'picocolors';
import { formatCyxwiz } from '#core/money/amount';

export const say = (line = ''): void => void process.stdout.write(`${line}\n`);
export const heading = (text: string): void => say(`\n${pc.bold(pc.cyan('▸'))} ${pc.bold(text)}`);
export const fact = (label: string, value: string): void => say(`  ${pc.dim(label.padEnd(16))} ${value}`);
export const amount = (amountBase: bigint): string => `${formatCyxwiz(amountBase)} CYXWIZ`;
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const BAR_CELLS = 28;

/** One live line on a terminal; elsewhere (a log file, CI) a line for each new epoch. */
export function progressBar(): { show(progress: { epoch: number; epochs: number; step: number; steps: number; loss: number; accuracy: number; samplesPerSecond: number }): void; end(): void } {
  const live = process.stdout.isTTY;
  let lastEpoch = 0;
  return {
    show: (progress) => {
      const done = Math.round((progress.step / progress.steps) * BAR_CELLS);
      const bar = pc.cyan('█'.repeat(done)) + pc.dim('░'.repeat(BAR_CELLS - done));
      const numbers = `loss ${progress.loss.toFixed(4)}  accuracy ${(progress.accuracy * 100).toFixed(1).padStart(5)} %  ${Math.round(progress.samplesPerSecond)} samples/s`;
      const line = `  ${bar} epoch ${progress.epoch}/${progress.epochs}  ${numbers}`;
      if (live) process.stdout.write(`\r\u001B[2K${line}`);
      else if (progress.epoch !== lastEpoch) say(line);
      lastEpoch = progress.epoch;
    },
    end: () => {
      if (live && lastEpoch > 0) say();
    },
  };
}
