import type { PublicKey } from '@solana/web3.js';

/** Compute units of one top-level instruction. */
export interface ComputeUse {
  /** All, as the runtime counts it. */
  readonly total: number;
  /** Direct calls into other programs. */
  readonly cpis: number;
  /** Spent inside those programs and on the runtime's fee for each call. */
  readonly inCpis: number;
  /** The program's own part. */
  readonly own: number;
}

const INVOKE = /^Program (\w+) invoke \[(\d+)\]$/;
const CONSUMED = /^Program (\w+) consumed (\d+) of \d+ compute units$/;
const SYSTEM = '11111111111111111111111111111111';
/** What the runtime charges for a system-program instruction, which it does not log. */
const SYSTEM_UNITS = 150;
/** The runtime's least fee for a call; what it adds for the size of the accounts stays in our own part. */
const CALL_UNITS = 946;

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
    if (consumed && depth === 2) inCpis += Number(consumed[2]);
    if (consumed && depth === 1 && consumed[1] === program.toBase58()) total = Number(consumed[2]);
    if (/^Program \w+ (success|failed)/.test(line)) depth -= 1;
  }
  inCpis += cpis * CALL_UNITS;
  return { total, cpis, inCpis, own: total - inCpis };
}
