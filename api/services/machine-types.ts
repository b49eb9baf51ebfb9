import type { Actor } from './types.ts';

/** SPEC flow 2. */
export interface Hardware {
  readonly cpus: readonly { readonly name: string; readonly cores: number; readonly threads: number }[];
  readonly gpus: readonly {
    readonly deviceId: number;
    readonly name: string;
    readonly vramMb: number;
    readonly cudaVersion: string;
  }[];
  readonly ramTotalMb: number;
}

export type MachineStatus = 'online' | 'offline' | 'maintenance';

export interface ComputeUnitView {
  readonly unitId: string;
  readonly machineId: string;
  readonly deviceType: 'gpu' | 'cpu';
  readonly deviceName: string;
  readonly vramTotalMb: number | null;
  readonly coresTotal: number | null;
  readonly allocation: { readonly vramAllocatedMb: number; readonly vramReservedMb: number; readonly coresAllocated: number };
  /** `offline` while the machine is; otherwise what the owner chose. */
  readonly status: 'active' | 'paused' | 'offline';
  readonly stats: { readonly tasksCompleted: number; readonly earningsBase: bigint };
}

export interface MachineView {
  readonly machineId: string;
  readonly ownerId: string;
  readonly hostname: string;
  readonly os: string;
  readonly hardware: Hardware;
  readonly status: MachineStatus;
  readonly lastSeenAt: Date | null;
  readonly computeUnits: readonly ComputeUnitView[];
}

/** Who a machine's API key speaks for. */
export interface MachineActor {
  readonly machineId: string;
  readonly ownerId: string;
}

export interface AllocationInput {
  readonly vramAllocatedMb?: number | undefined;
  readonly vramReservedMb?: number | undefined;
  readonly coresAllocated?: number | undefined;
}

export interface MachineServices {
  /** The key is shown this once. `ownerId` must be the actor's own. */
  register(
    actor: Actor,
    input: { ownerId: string; hostname: string; os: string; hardware: Hardware },
  ): Promise<{ machineId: string; apiKey: string }>;
  /** UNAUTHENTICATED where no machine has this key. */
  authenticate(apiKey: string): Promise<MachineActor>;
  heartbeat(machine: MachineActor, machineId: string): Promise<{ status: MachineStatus; lastSeenAt: Date }>;
  updateHardware(machine: MachineActor, machineId: string, hardware: Hardware): Promise<MachineView>;
  list(actor: Actor, ownerId: string): Promise<readonly MachineView[]>;
  setAllocation(actor: Actor, unitId: string, allocation: AllocationInput): Promise<ComputeUnitView>;
  setUnitStatus(actor: Actor, unitId: string, status: 'active' | 'paused'): Promise<ComputeUnitView>;
}
