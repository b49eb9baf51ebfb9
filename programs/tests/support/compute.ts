import type { PublicKey } from '@solana/web3.js';

/** Compute units of one top-level instruction. */
export interface ComputeUse {
  /** All, as the runtime counts it. */
  readonly total: number;
  /** Spent inside the programs that it called. */
  readonly inCpis: number;
  /** Number of direct calls that report their units (the system program does not). */
  readonly cpis: number;
  /** The program's own part, with the fees for making calls. */
  readonly own: number;
}

const INVOKE = /^Program (\w+) invoke \[(\d+)\]$/;
const CONSUMED = /^Program (\w+) consumed (\d+) of \d+ compute units$/;
const SYSTEM = '11111111111111111111111111111111';
/** What the runtime charges for a system-program instruction, which it does not log. */
const SYSTEM_UNITS = 150;

/** Reads the units of `program`'s top-level instruction from a transaction's logs. */
export function computeUse(logs: readonly string[], program: PublicKey): ComputeUse {
  let depth = 0;
  let inCpis = 0;
  let cpis = 0;
  let total = 0;
  for (const line of logs) {
    const invoked = INVOKE.exec(line);
    if (invoked) {
      depth = Number(invoked[2]);
      if (depth === 2) cpis += 1;
      if (depth === 2 && invoked[1] === SYSTEM) inCpis += SYSTEM_UNITS;
      continue;
    }
    const consumed = CONSUMED.exec(line);
    if (consumed) {
      if (depth === 2) inCpis += Number(consumed[2]);
      if (depth === 1 && consumed[1] === program.toBase58()) total = Number(consumed[2]);
    }
    if (/^Program \w+ (success|failed)/.test(line)) depth -= 1;
  }
  return { total, inCpis, cpis, own: total - inCpis };
}
