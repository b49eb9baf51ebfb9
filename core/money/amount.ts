import { CyxError } from '../errors/cyx-error.ts';

/** CYXWIZ has 9 decimals: 1 CYXWIZ = 1,000,000,000 base units. */
export const CYXWIZ_DECIMALS = 9;
export const BASE_PER_CYXWIZ = 1_000_000_000n;
/** Amounts live in a u64 on chain. */
export const MAX_BASE = 2n ** 64n - 1n;

/** `"50"`, `"0.5"`, `"1.000000001"` → base units. Throws INVALID_INPUT on anything else; never rounds. */
export function parseCyxwiz(text: string): bigint {
  const match = /^(\d{1,11})(?:\.(\d{1,9}))?$/.exec(text.trim());
  if (!match) {
    throw new CyxError('INVALID_INPUT', `"${text}" is not an amount of CYXWIZ: write e.g. 50 or 0.5, with at most 9 decimals`);
  }
  const amountBase = BigInt(match[1]!) * BASE_PER_CYXWIZ + BigInt((match[2] ?? '').padEnd(CYXWIZ_DECIMALS, '0'));
  return assertU64(amountBase);
}

/** Base units → `"45.000"`: at least three decimals, as many as the amount needs, never rounded. */
export function formatCyxwiz(amountBase: bigint): string {
  const sign = amountBase < 0n ? '-' : '';
  const abs = amountBase < 0n ? -amountBase : amountBase;
  const fraction = (abs % BASE_PER_CYXWIZ).toString().padStart(CYXWIZ_DECIMALS, '0');
  return `${sign}${abs / BASE_PER_CYXWIZ}.${fraction.slice(0, 3)}${fraction.slice(3).replace(/0+$/, '')}`;
}

/** Decimal string of base units (how money crosses Temporal and JSON) → bigint. */
export function baseFromString(text: string): bigint {
  if (!/^\d{1,20}$/.test(text)) throw new CyxError('INVALID_INPUT', `"${text}" is not an amount in base units`);
  return assertU64(BigInt(text));
}

function assertU64(amountBase: bigint): bigint {
  if (amountBase > MAX_BASE) throw new CyxError('INVALID_INPUT', 'The amount is larger than the chain can hold');
  return amountBase;
}
