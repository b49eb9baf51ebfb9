import type { NodeEarningsView } from '#api/services/machine-types';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';

export type DayEarning = Wire<NodeEarningsView> & { readonly day: string };

interface DayTableProps {
  readonly days: readonly DayEarning[];
  readonly nameOf: (nodeId: string) => string;
}

/** What each node was paid each day, in UTC. */
export function DayTable({ days, nameOf }: DayTableProps) {
  return (
    <div tabIndex={0} role="region" aria-label="Earnings by day and node" className="max-h-96 overflow-auto">
      <table className="w-full">
        <thead className="sticky top-0 bg-panel text-left text-xs text-muted">
          <tr>
            <th scope="col" className="px-4 py-2 font-medium sm:px-5">
              Day
            </th>
            <th scope="col" className="py-2 pr-4 font-medium">
              Node
            </th>
            <th scope="col" className="py-2 pr-4 text-right font-medium">
              Jobs
            </th>
            <th scope="col" className="py-2 pr-4 text-right font-medium sm:pr-5">
              Earned
            </th>
          </tr>
        </thead>
        <tbody className="divide-y border-t">
          {days.map(({ day, nodeId, paidJobs, amountBase }) => (
            <tr key={`${day}-${nodeId}`}>
              <td className="figure px-4 py-2 whitespace-nowrap sm:px-5">{day}</td>
              <td className="py-2 pr-4">{nameOf(nodeId)}</td>
              <td className="figure py-2 pr-4 text-right">{paidJobs}</td>
              <td className="py-2 pr-4 text-right sm:pr-5">
                <Amount base={amountBase} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
