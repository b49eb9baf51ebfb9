import clsx from 'clsx';
import { CircleCheck, CirclePause, CircleSlash, Wrench, type LucideIcon } from 'lucide-react';
import type { ComputeUnitView, MachineStatus } from '#api/services/machine-types';

interface Look {
  readonly word: string;
  readonly icon: LucideIcon;
  readonly tint: string;
}

const OFFLINE: Look = { word: 'Offline', icon: CircleSlash, tint: 'tint-queued' };
const MACHINE_LOOKS: Readonly<Record<MachineStatus, Look>> = {
  online: { word: 'Online', icon: CircleCheck, tint: 'tint-verified' },
  offline: OFFLINE,
  maintenance: { word: 'Maintenance', icon: Wrench, tint: 'tint-locked' },
};
const UNIT_LOOKS: Readonly<Record<ComputeUnitView['status'], Look>> = {
  active: { word: 'Active', icon: CircleCheck, tint: 'tint-verified' },
  paused: { word: 'Paused', icon: CirclePause, tint: 'tint-locked' },
  offline: OFFLINE,
};

export function MachineStatusMark({ status }: { status: MachineStatus }) {
  return <Mark {...MACHINE_LOOKS[status]} />;
}

export function UnitStatusMark({ status }: { status: ComputeUnitView['status'] }) {
  return <Mark {...UNIT_LOOKS[status]} />;
}

function Mark({ word, icon: Icon, tint }: Look) {
  return (
    <span className={clsx('inline-flex items-center gap-1.5 font-medium whitespace-nowrap text-tint', tint)}>
      <Icon className="size-4" aria-hidden="true" />
      {word}
    </span>
  );
}
