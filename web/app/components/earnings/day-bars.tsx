import { amountText } from '../../lib/format.ts';
import type { DayEarning } from './day-table.tsx';

const SHOWN_DAYS = 30;
const DAY_MS = 86_400_000;

/** The last thirty days as bars; the table beside it has the numbers. */
export function DayBars({ days, today }: { days: readonly DayEarning[]; today: string }) {
  const totals = new Map<string, bigint>();
  for (const { day, amountBase } of days) totals.set(day, (totals.get(day) ?? 0n) + BigInt(amountBase));
  const lastMs = Date.parse(today);
  const shown = Array.from({ length: SHOWN_DAYS }, (_, index) => new Date(lastMs - (SHOWN_DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10));
  const most = shown.reduce((largest, day) => ((totals.get(day) ?? 0n) > largest ? (totals.get(day) ?? 0n) : largest), 1n);
  const sum = shown.reduce((all, day) => all + (totals.get(day) ?? 0n), 0n);
  return (
    <figure>
      <svg viewBox="0 0 300 72" className="h-24 w-full" role="img" aria-label={`${amountText(sum.toString())} CYXWIZ in the last ${SHOWN_DAYS} days`} preserveAspectRatio="none">
        {shown.map((day, index) => {
          // Thousandths are plenty for a height; the amounts themselves stay whole.
          const height = Number(((totals.get(day) ?? 0n) * 1000n) / most) * 0.07;
          return (
            <rect key={day} x={index * 10 + 1} width={8} y={71 - height} height={height + 1} className={height > 0 ? 'fill-verified' : 'fill-line'}>
              <title>{`${day}: ${amountText((totals.get(day) ?? 0n).toString())} CYXWIZ`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption className="figure mt-1 flex justify-between text-2xs text-muted">
        <span>{shown[0]}</span>
        <span>{today}</span>
      </figcaption>
    </figure>
  );
}
