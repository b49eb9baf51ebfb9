import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, type Spread } from './statistics.ts';

/** What a reader needs to know about the machine before comparing numbers with another's. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Load of the last minute before the bench began: above 1 a core, the numbers are of a busy machine. */
  readonly load1: number;
  /** Median time of writing 4 KiB and making them durable. */
  readonly fdatasyncMs: number;
  /** Copying in memory, GB of data a second. */
  readonly memcpyGBs: number;
}

/** One measured row. `null`: this row has no such thing. */
export interface Result {
  readonly metric: string;
  readonly unit: string;
  /** Median over `n` unless the metric names another quantile. */
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  /** Median of the ratios ours/peer of pairs taken alternately in this run. */
  readonly ratio: number | null;
  /** Middle half: of the ratios where there is a ratio, else of our own values. */
  readonly spread: Spread;
  readonly n: number;
  readonly goal: string | null;
  readonly ok: boolean | null;
}

/** What a bench hands back: its rows, and what a reader has to know to judge them. */
export interface Findings {
  readonly results: readonly Result[];
  readonly notes: readonly string[];
}

export interface Report extends Findings {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly machine: Machine;
}

export type Say = (line: string) => void;

export function measureMachine(): Machine {
  const [first] = cpus();
  return { cpu: first?.model.trim() ?? 'unknown', cores: cpus().length, load1: rounded(loadavg()[0]!), fdatasyncMs: rounded(fdatasyncMs()), memcpyGBs: rounded(memcpyGBs()) };
}

const SYNCS = 30;

function fdatasyncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-bench-'));
  try {
    const file = openSync(join(folder, 'sync'), 'w');
    const page = Buffer.alloc(4_096, 1);
    const timesMs = Array.from({ length: SYNCS }, (_, index) => {
      const startedMs = performance.now();
      writeSync(file, page, 0, page.length, index * page.length);
      fdatasyncSync(file);
      return performance.now() - startedMs;
    });
    closeSync(file);
    return median(timesMs);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const COPY_BYTES = 64 * 1024 * 1024;

function memcpyGBs(): number {
  const source = Buffer.alloc(COPY_BYTES, 1);
  const target = Buffer.alloc(COPY_BYTES, 2);
  const speeds = Array.from({ length: 9 }, () => {
    const startedMs = performance.now();
    source.copy(target);
    return COPY_BYTES / 1e6 / (performance.now() - startedMs);
  });
  return median(speeds);
}

/** Four digits that count: more would claim an exactness that no such measurement has. */
export function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}

/** A row with its numbers rounded. Throws where one of them is no number: that was not measured, so it is not reported. */
export function row(result: Result): Result {
  const { metric, ours, peer, ratio, spread } = result;
  const numbers = [ours, ...(peer === null ? [] : [peer]), ...(ratio === null ? [] : [ratio]), ...spread];
  if (!numbers.every(Number.isFinite)) throw new Error(`"${metric}" could not be measured: ${numbers.join(', ')}`);
  const short = (value: number | null): number | null => (value === null ? null : rounded(value));
  return { ...result, ours: rounded(ours), peer: short(peer), ratio: short(ratio), spread: [rounded(spread[0]), rounded(spread[1])] };
}

/** The report for a person, as lines. */
export function describe({ name, machine, results, notes }: Report): string[] {
  const lines = [`bench ${name} on ${machine.cores} × ${machine.cpu}, load ${machine.load1}, fdatasync ${machine.fdatasyncMs} ms, memcpy ${machine.memcpyGBs} GB/s`];
  for (const { metric, unit, ours, peer, peerName, ratio, spread, n, goal, ok } of results) {
    const verdict = ok === null ? ' ' : ok ? '✓' : '✗';
    const against = peer === null ? '' : `, ${peerName} ${peer} ${unit}`;
    const ratioText = ratio === null ? '' : `, ratio ${ratio} [${spread.join('–')}]`;
    lines.push(`${verdict} ${metric}: ${ours} ${unit}${against}${ratioText}, n ${n}${goal === null ? '' : `, goal ${goal}`}`);
  }
  return [...lines, ...notes.map((note) => `  note: ${note}`)];
}
