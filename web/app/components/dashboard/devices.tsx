import { Link } from '@remix-run/react';
import { Monitor } from 'lucide-react';
import type { MachineView } from '#api/services/machine-types';
import type { Wire } from '../../lib/wire.ts';
import { LastHeard } from '../machine/last-heard.tsx';
import { MachineStatusMark } from '../machine/machine-status.tsx';
import { LinkButton } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Panel } from '../ui/panel.tsx';

/** One's machines at a glance; what to do with them is on their own page. */
export function Devices({ machines }: { machines: readonly Wire<MachineView>[] }) {
  return (
    <Panel title="Devices" aside={machines.length > 0 && <Link to="/machines" className="text-xs font-medium text-accent underline underline-offset-3">All devices</Link>} flush>
      {machines.length > 0 ? (
        <ul className="divide-y">
          {machines.map(({ machineId, hostname, status, lastSeenAt, computeUnits }) => (
            <li key={machineId} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 sm:px-5">
              <span className="min-w-0 flex-1 truncate font-medium">{hostname}</span>
              <span className="text-xs text-muted">{computeUnits.map(({ deviceName }) => deviceName).join(', ')}</span>
              <span className="text-xs text-muted"><LastHeard at={lastSeenAt} /></span>
              <MachineStatusMark status={status} />
            </li>
          ))}
        </ul>
      ) : (
        <EmptyState icon={Monitor} title="No machine of yours is here" action={<LinkButton to="/machines">List a machine</LinkButton>}>
          A computer that you list stands here, with whether it is online.
        </EmptyState>
      )}
    </Panel>
  );
}
