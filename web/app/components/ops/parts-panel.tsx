import { CircleAlert, CircleCheck } from 'lucide-react';
import type { OperationsView } from '#api/services/operation-types';
import { durationText } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';

const NAMES: Readonly<Record<keyof OperationsView['parts'], string>> = {
  postgres: 'PostgreSQL',
  mongo: 'MongoDB',
  temporal: 'Temporal',
  chain: 'Solana RPC',
  storage: 'CyxCloud',
};
const COMPONENTS: Readonly<Record<string, string>> = { edge: 'What providers call', worker: 'The platform’s worker' };

/** Whether each part answers now. */
export function PartsPanel({ parts }: Pick<Wire<OperationsView>, 'parts'>) {
  return (
    <Panel title="Parts" flush>
      <ul className="divide-y">
        {(Object.keys(NAMES) as (keyof typeof NAMES)[]).map((name) => (
          <li key={name} className="flex items-center justify-between gap-4 px-4 py-2.5 sm:px-5">
            <span className="font-medium">{NAMES[name]}</span>
            {parts[name].ok ? (
              <span className="tint-verified inline-flex items-center gap-1.5 text-tint">
                <CircleCheck className="size-4" aria-hidden="true" /> answers
              </span>
            ) : (
              <span className="tint-failed inline-flex items-center gap-1.5 text-tint">
                <CircleAlert className="size-4" aria-hidden="true" /> {parts[name].reason}
              </span>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** When providers could not reach the platform, or nobody moved the jobs on. */
export function OutagesPanel({ outages }: Pick<Wire<OperationsView>, 'outages'>) {
  return (
    <Panel title="Outages of the last day" flush>
      {outages.length === 0 ? (
        <p className="px-4 py-4 text-muted sm:px-5">None. While there is one, no node is blamed for being silent or late.</p>
      ) : (
        <ul className="divide-y">
          {outages.map(({ component, fromAt, toAt }) => (
            <li key={component + fromAt} className="flex flex-wrap items-baseline justify-between gap-x-4 px-4 py-2.5 sm:px-5">
              <span className="font-medium">{COMPONENTS[component] ?? component}</span>
              <span className="text-muted">
                <span className="figure">{durationText(Date.parse(toAt) - Date.parse(fromAt))}</span>, until <Moment at={toAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
