import { Form } from '@remix-run/react';
import type { MachineView, NodeEarningsView, OwnNodeView } from '#api/services/machine-types';
import type { Wire } from '../../lib/wire.ts';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { LastHeard } from './last-heard.tsx';
import { MachineNodes } from './machine-nodes.tsx';
import { MachineStatusMark } from './machine-status.tsx';
import { UnitRow } from './unit-row.tsx';

interface MachinePanelProps {
  readonly machine: Wire<MachineView>;
  readonly nodes: readonly Wire<OwnNodeView>[];
  readonly earnings: readonly Wire<NodeEarningsView>[];
}

/** One machine: is it there, what are its devices doing, what do its nodes earn. */
export function MachinePanel({ machine, nodes, earnings }: MachinePanelProps) {
  const inMaintenance = machine.status === 'maintenance';
  return (
    <Panel
      title={machine.hostname}
      aside={
        <Form method="post" preventScrollReset>
          <input type="hidden" name="machine" value={machine.machineId} />
          <Button name="intent" value={inMaintenance ? 'maintenance-off' : 'maintenance-on'} aria-label={`${inMaintenance ? 'End maintenance' : 'Maintenance'} of ${machine.hostname}`}>
            {inMaintenance ? 'End maintenance' : 'Maintenance'}
          </Button>
        </Form>
      }
      flush
    >
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 text-xs text-muted sm:px-5">
        <span data-machine-status={machine.status} className="text-sm">
          <MachineStatusMark status={machine.status} />
        </span>
        <span>{machine.os}</span>
        <span>
          <span className="figure">{Math.round(machine.hardware.ramTotalMb / 1024)}</span> GiB memory
        </span>
        <span><LastHeard at={machine.lastSeenAt} /></span>
        <ShortId id={machine.machineId} what="machine id" keep={8} />
      </p>
      <ul className="divide-y border-t" aria-label={`Devices of ${machine.hostname}`}>
        {machine.computeUnits.map((unit) => (
          <UnitRow key={unit.unitId} unit={unit} />
        ))}
      </ul>
      <MachineNodes nodes={nodes} earnings={earnings} hostname={machine.hostname} />
    </Panel>
  );
}
