import { formatCyxwiz } from '#core/money/amount';

/** Decimal string of base units → `45.000`. */
export function amountText(amountBase: string): string {
  return formatCyxwiz(BigInt(amountBase));
}

/** `7xKX…9fQz`: enough to recognise, the whole is one copy away. Joined, so that a line never breaks in it. */
export function shorten(id: string, keep = 4): string {
  return id.length <= keep * 2 + 1 ? id : `${id.slice(0, keep)}\u2060…\u2060${id.slice(-keep)}`;
}

const DURATION_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `1 h 5 min`, `42 s`, `380 ms`: the two largest units that matter. */
export function durationText(ms: number): string {
  const wholeMs = Math.max(0, Math.round(ms));
  if (wholeMs < 1_000) return `${wholeMs} ms`;
  if (wholeMs < 10_000) return `${(wholeMs / 1_000).toFixed(1)} s`;
  const first = DURATION_UNITS.findIndex(([, sizeMs]) => wholeMs >= sizeMs);
  const [unit, sizeMs] = DURATION_UNITS[first]!;
  const count = Math.floor(wholeMs / sizeMs);
  const smaller = DURATION_UNITS[first + 1];
  const rest = smaller === undefined ? 0 : Math.floor((wholeMs % sizeMs) / smaller[1]);
  return rest === 0 ? `${count} ${unit}` : `${count} ${unit} ${rest} ${smaller![0]}`;
}

/** `in 3 min`, `just now`, `2 h ago`: one unit is enough beside the exact time. */
export function relativeText(atMs: number, nowMs: number): string {
  const distanceMs = Math.abs(nowMs - atMs);
  if (distanceMs < 5_000) return 'just now';
  const [unit, sizeMs] = DURATION_UNITS.find(([, size]) => distanceMs >= size) ?? DURATION_UNITS[3];
  const text = `${Math.floor(distanceMs / sizeMs)} ${unit}`;
  return atMs > nowMs ? `in ${text}` : `${text} ago`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `24 Nov 2026, 13:27:05 UTC`, the same on the server and in every browser. */
export function exactTimeText(iso: string): string {
  const at = new Date(iso);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 19)} UTC`;
}

export function clockText(iso: string): string {
  return iso.slice(11, 19);
}

/** `97.5 %`, with a narrow space that does not break. */
export function percentText(share: number, decimals = 1): string {
  return `${(share * 100).toFixed(decimals)}\u202f%`;
}

const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function sizeText(sizeBytes: number): string {
  const power = sizeBytes < 1 ? 0 : Math.min(SIZE_UNITS.length - 1, Math.floor(Math.log10(sizeBytes) / 3));
  const value = sizeBytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZE_UNITS[power]}`;
}

/** `12,400`: grouped the same way on the server and in every browser. */
export function countText(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 node`, `2 nodes`. */
export function plural(count: number, word: string): string {
  return `${countText(count)} ${word}${count === 1 ? '' : 's'}`;
}
