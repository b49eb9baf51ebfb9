import type { QueueView } from '#api/services/operation-types';
import { countText, durationText } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Notice } from '../ui/notice.tsx';
import { Panel } from '../ui/panel.tsx';

/** Who polls what, and what waits. */
export function QueueTable({ queues }: { queues: readonly Wire<QueueView>[] | null }) {
  return (
    <Panel title="Queues" flush>
      {queues === null ? (
        <Notice kind="problem" className="m-4">
          Temporal does not answer.
        </Notice>
      ) : (
        // Narrow screens scroll the table, so it can be reached by keyboard.
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Queues in numbers">
          <table className="w-full text-left">
            <thead className="text-xs text-muted">
              <tr>
                <th className="px-4 py-2 font-medium sm:px-5">Queue</th>
                <th className="px-3 py-2 text-right font-medium">Pollers</th>
                <th className="px-3 py-2 text-right font-medium">Waiting</th>
                <th className="px-4 py-2 text-right font-medium sm:px-5">Oldest</th>
              </tr>
            </thead>
            <tbody className="divide-y border-t">
              {queues.map(({ name, about, pollers, backlog, oldestMs }) => (
                <tr key={name}>
                  <td className="px-4 py-2 sm:px-5">
                    <span className="figure">{name}</span>
                    <span className="block text-xs text-muted">{about}</span>
                  </td>
                  <td className="figure px-3 py-2 text-right">{countText(pollers)}</td>
                  <td className="figure px-3 py-2 text-right">{countText(backlog)}</td>
                  <td className="figure px-4 py-2 text-right whitespace-nowrap sm:px-5">{backlog > 0 ? durationText(oldestMs) : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
