import type { ReactNode } from 'react';
import type { MarketRow } from '../../lib/provide.ts';
import { countText, plural } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';

const CELL = 'px-4 py-3 align-top sm:px-5';
const HEAD = `${CELL} font-normal`;

/** What nodes ask and what they were paid, class by class. On a phone each class is a block of its own. */
export function MarketTable({ rows }: { rows: readonly Wire<MarketRow>[] }) {
  return (
    <table className="w-full text-sm max-sm:block">
      <caption className="sr-only">What nodes ask and what they were paid, by device class</caption>
      <thead className="max-sm:sr-only">
        <tr className="border-b text-left text-xs text-muted">
          <th scope="col" className={HEAD}>
            Class
          </th>
          <th scope="col" className={HEAD}>
            Nodes online
          </th>
          <th scope="col" className={HEAD}>
            Price per hour
          </th>
          <th scope="col" className={HEAD}>
            Paid in the last 24 hours
          </th>
          <th scope="col" className={HEAD}>
            Paid per hour of work
          </th>
        </tr>
      </thead>
      <tbody className="divide-y max-sm:block">
        {rows.map((row) => (
          <tr key={row.deviceClass} className="max-sm:block max-sm:py-2">
            <th scope="row" className={`${CELL} figure text-left font-medium max-sm:block max-sm:py-1`}>
              {row.deviceClass}
            </th>
            <Cell name="Nodes online">
              <span className="figure">{countText(row.online)}</span>
              <span className="text-xs text-muted">, {countText(row.free)} free now</span>
            </Cell>
            <Cell name="Price per hour">
              <Prices prices={row.prices} />
            </Cell>
            <Cell name="Paid in the last 24 hours">
              <Amount base={row.paidBase} />
              <span className="block text-xs text-muted">{plural(row.paidJobs, 'job')}</span>
            </Cell>
            <Cell name="Paid per hour of work">{row.paidPerHourBase === null ? <span className="text-muted">less than an hour yet</span> : <Amount base={row.paidPerHourBase} />}</Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ name, children }: { name: string; children: ReactNode }) {
  return (
    <td className={`${CELL} max-sm:flex max-sm:items-baseline max-sm:justify-between max-sm:gap-4 max-sm:py-1`}>
      <span className="shrink-0 text-xs text-muted sm:hidden" aria-hidden="true">
        {name}
      </span>
      <span className="max-sm:text-right">{children}</span>
    </td>
  );
}

function Prices({ prices }: { prices: Wire<MarketRow>['prices'] }) {
  if (prices === null) return <span className="text-muted">none online</span>;
  if (prices.lowestBase === prices.highestBase) return <Amount base={prices.medianBase} />;
  return (
    <>
      <Amount base={prices.lowestBase} /> to <Amount base={prices.highestBase} />
      <span className="block text-xs text-muted">
        median <Amount base={prices.medianBase} />
      </span>
    </>
  );
}
