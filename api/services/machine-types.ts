import type { Standing } from '#core/node/capability';
import type { Actor, NodeView, OwnTransferView, Page } from './types.ts';

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
  /** What the owner chose, whether the machine is there or not. */
  readonly paused: boolean;
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
  /** When it counts as offline unless it is heard again; null where it is not online. */
  readonly onlineUntil: Date | null;
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

/** A node as its owner sees it: where it runs, and what it may take. */
export interface OwnNodeView extends NodeView {
  readonly machineId: string;
  /** Ends the job that it has and takes no new one. */
  readonly paused: boolean;
  /** Hands back what it does and takes nothing new. */
  readonly draining: boolean;
  /** Does the same, because its machine is under maintenance. */
  readonly maintenance: boolean;
  readonly unstaking: boolean;
  /** While unstaking: when the stake can be had back, at the earliest. */
  readonly unstakeAvailableAt: Date | null;
  readonly banned: boolean;
  /** Whether it has shown what it can do: `overdue` and `unshown` keep it from new jobs. */
  readonly capability: Standing;
  /** Somebody online would verify its results, or nobody can say at the moment; else it gets no job. */
  readonly isVerifiable: boolean;
}

/** What a node was paid. */
export interface NodeEarningsView {
  readonly nodeId: string;
  readonly paidJobs: number;
  readonly amountBase: bigint;
}

/** What nodes of a class were paid in the last 24 hours, whoever owns them. */
export interface ClassEarningsView {
  readonly deviceClass: string;
  readonly paidNodes: number;
  readonly paidJobs: number;
  readonly amountBase: bigint;
  /** From the assignment to the result, all paid jobs together. */
  readonly workMs: number;
}

export interface EarningsServices {
  /** Public, and up to a minute old: what there is to earn at present. Classes that earned nothing are left out. */
  lastDayByClass(): Promise<readonly ClassEarningsView[]>;
  /** In all; a node that earned nothing yet is not in it. */
  byNode(actor: Actor): Promise<readonly NodeEarningsView[]>;
  /** By day (`2026-11-29`, UTC), the newest first. */
  byDay(actor: Actor): Promise<readonly (NodeEarningsView & { readonly day: string })[]>;
  /** What one's nodes were paid, and what went into and out of their stakes; the newest first. */
  transfers(actor: Actor, page: { pageSize: number; pageToken: string }): Promise<Page<OwnTransferView & { readonly nodeId: string }>>;
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
  /** Takes a machine out of the market, or puts it back: its nodes drain with it. */
  setMaintenance(actor: Actor, machineId: string, maintenance: boolean): Promise<MachineView>;
  setAllocation(actor: Actor, unitId: string, allocation: AllocationInput): Promise<ComputeUnitView>;
  setUnitStatus(actor: Actor, unitId: string, status: 'active' | 'paused'): Promise<ComputeUnitView>;
}
