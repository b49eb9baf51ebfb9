/** SPEC flow 1. `_id` is the user id; the lower-cased copies carry the unique indexes. */
export interface UserDocument {
  readonly _id: string;
  readonly email: string;
  readonly emailLower: string;
  readonly username: string;
  readonly usernameLower: string;
  /** Argon2id, in PHC format. */
  readonly passwordHash: string;
  readonly role: 'user' | 'provider' | 'operator';
  readonly wallet?: { readonly address: string };
  readonly stats: { readonly modelsCreated: number; readonly downloads: number };
  /** Completed jobs that are in `modelsCreated` already. */
  readonly countedJobs: readonly string[];
  readonly apiKeys: readonly string[];
  readonly subscription: 'free' | 'pro';
  readonly createdAt: Date;
}

/** Field names are those of Lucia's MongoDB adapter. */
export interface SessionDocument {
  readonly _id: string;
  readonly user_id: string;
  readonly expires_at: Date;
}

export interface HardwareDocument {
  readonly cpus: readonly { readonly name: string; readonly cores: number; readonly threads: number }[];
  readonly gpus: readonly {
    readonly device_id: number;
    readonly name: string;
    readonly vram_mb: number;
    readonly cuda_version: string;
  }[];
  readonly ram_total_mb: number;
}

/** SPEC flow 2. `_id` is the `machine_id`. The status shown to people is computed from `lastSeenAt`. */
export interface MachineDocument {
  readonly _id: string;
  readonly ownerId: string;
  readonly hostname: string;
  readonly os: string;
  readonly hardware: HardwareDocument;
  readonly lastSeenAt: Date | null;
  readonly maintenance: boolean;
  readonly createdAt: Date;
}

/** One device of a machine. `_id` is the `unit_id`. */
export interface ComputeUnitDocument {
  readonly _id: string;
  readonly machineId: string;
  readonly ownerId: string;
  readonly deviceType: 'gpu' | 'cpu';
  readonly deviceIndex: number;
  readonly deviceName: string;
  /** GPUs only. */
  readonly vramTotalMb: number | null;
  /** CPUs only. */
  readonly coresTotal: number | null;
  readonly allocation: {
    readonly vramAllocatedMb: number;
    readonly vramReservedMb: number;
    readonly coresAllocated: number;
  };
  readonly paused: boolean;
  readonly stats: { readonly tasksCompleted: number; readonly earningsBase: string };
}

/** A machine's API key: only its SHA-256 is kept. `_id` is that hash in hex. */
export interface ApiKeyDocument {
  readonly _id: string;
  readonly kind: 'machine';
  readonly machineId: string;
  readonly ownerId: string;
  readonly createdAt: Date;
}
