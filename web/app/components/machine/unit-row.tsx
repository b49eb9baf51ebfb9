import { Form } from '@remix-run/react';
import { Cpu, Gpu } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ComputeUnitView } from '#api/services/machine-types';
import { countText } from '../../lib/format.ts';
import type { Wire } from '../../lib/wire.ts';
import { Amount } from '../ui/amount.tsx';
import { Button } from '../ui/button.tsx';
import { UnitStatusMark } from './machine-status.tsx';

/** One device: what it has, what of it may be used, what it did and earned. */
export function UnitRow({ unit }: { unit: Wire<ComputeUnitView> }) {
  const Icon = unit.deviceType === 'gpu' ? Gpu : Cpu;
  return (
    <li className="grid gap-x-6 gap-y-3 px-4 py-4 sm:px-5 lg:grid-cols-[minmax(0,1.2fr)_minmax(0,2fr)_auto] lg:items-center">
      <div className="min-w-0">
        <p className="flex items-center gap-2 font-medium">
          <Icon className="size-4 shrink-0 text-faint" aria-hidden="true" />
          <span className="truncate">{unit.deviceName}</span>
        </p>
        <p className="mt-1 flex flex-wrap gap-x-3 text-xs text-muted">
          <UnitStatusMark status={unit.status} />
          <span className="figure">{unit.unitId}</span>
        </p>
      </div>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
        <Measure name={unit.deviceType === 'gpu' ? 'Memory' : 'Cores'}>{capacityText(unit)}</Measure>
        <Measure name="Allocated">{allocatedText(unit)}</Measure>
        <Measure name="Jobs paid">
          <span className="figure">{countText(unit.stats.tasksCompleted)}</span>
        </Measure>
        <Measure name="Earned">
          <Amount base={unit.stats.earningsBase} />
        </Measure>
      </dl>
      <Form method="post" preventScrollReset className="lg:justify-self-end">
        <input type="hidden" name="unit" value={unit.unitId} />
        <Button name="intent" value={unit.paused ? 'activate' : 'pause'} aria-label={`${unit.paused ? 'Resume' : 'Pause'} ${unit.deviceName}`}>
          {unit.paused ? 'Resume' : 'Pause'}
        </Button>
      </Form>
      <Allocation unit={unit} />
    </li>
  );
}

function Measure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  );
}

function capacityText({ vramTotalMb, coresTotal }: Wire<ComputeUnitView>): string {
  return vramTotalMb === null ? countText(coresTotal ?? 0) : `${countText(vramTotalMb)} MB`;
}

function allocatedText({ deviceType, allocation }: Wire<ComputeUnitView>): string {
  if (deviceType === 'cpu') return countText(allocation.coresAllocated);
  return `${countText(allocation.vramAllocatedMb)} MB, ${countText(allocation.vramReservedMb)} MB kept back`;
}

function Allocation({ unit }: { unit: Wire<ComputeUnitView> }) {
  const { allocation } = unit;
  return (
    <details className="text-xs lg:col-span-3">
      <summary className="text-muted">Change what is allocated of {unit.deviceName}</summary>
      <Form method="post" preventScrollReset className="mt-3 flex flex-wrap items-end gap-3">
        <input type="hidden" name="unit" value={unit.unitId} />
        {unit.deviceType === 'gpu' ? (
          <>
            <NumberBox name="vramAllocatedMb" label="Allocated, MB" value={allocation.vramAllocatedMb} max={unit.vramTotalMb ?? 0} />
            <NumberBox name="vramReservedMb" label="Kept back, MB" value={allocation.vramReservedMb} max={unit.vramTotalMb ?? 0} />
          </>
        ) : (
          <NumberBox name="coresAllocated" label="Allocated cores" value={allocation.coresAllocated} max={unit.coresTotal ?? 0} />
        )}
        <Button name="intent" value="allocate">
          Set
        </Button>
      </Form>
    </details>
  );
}

function NumberBox({ name, label, value, max }: { name: string; label: string; value: number; max: number }) {
  return (
    <label className="text-muted">
      {label}
      <input
        key={value}
        name={name}
        type="number"
        min={0}
        max={max}
        defaultValue={value}
        className="figure mt-1 block h-9 w-32 rounded-md border border-line-strong/60 bg-raised px-3 text-base text-ink sm:text-sm"
      />
    </label>
  );
}
