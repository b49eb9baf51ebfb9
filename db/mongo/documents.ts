/** A way to log in that somebody else vouches for: a wallet's key, or an account at GitHub or Google. */
export interface IdentityDocument {
  /** `wallet:<address>`, `github:<id>` or `google:<subject>`: belongs to one account only. */
  readonly key: string;
  readonly kind: 'wallet' | 'github' | 'google';
  /** What people know it by: the address, the profile's name. */
  readonly label: string;
  readonly linkedAt: Date;
}

/** SPEC flow 1. `_id` is the user id; the lower-cased copies carry the unique indexes. */
export interface UserDocument {
  readonly _id: string;
  /** Whoever came with a wallet has none until they give one. */
  readonly email?: string;
  readonly emailLower?: string;
  /** Set once a link that was sent to `email` came back, or where who vouched for the person had verified it. */
  readonly emailVerifiedAt?: Date;
  readonly username: string;
  readonly usernameLower: string;
  /** Argon2id, in PHC format. Missing where the person logs in by another way. */
  readonly passwordHash?: string;
  readonly identities?: readonly IdentityDocument[];
  /** Tokens carry this number and are refused once it has risen; missing counts as 0. */
  readonly tokenEpoch?: number;
  readonly role: 'user' | 'provider' | 'operator';
  readonly wallet?: { readonly address: string };
  readonly stats: { readonly modelsCreated: number; readonly downloads: number };
  /** Completed jobs that are in `modelsCreated` already. */
  readonly countedJobs: readonly string[];
  /** Jobs whose models are in `downloads` already; missing where there are none. */
  readonly downloadedJobs?: readonly string[];
  readonly apiKeys: readonly string[];
  readonly subscription: 'free' | 'pro';
  readonly createdAt: Date;
  /** The account is being deleted, or is: nobody gets in. */
  readonly closedAt?: Date;
}

/** Field names are those of Lucia's MongoDB adapter. */
export interface SessionDocument {
  readonly _id: string;
  readonly user_id: string;
  readonly expires_at: Date;
  /** Missing in sessions from before they were listed. */
  readonly created_at?: Date;
  readonly user_agent?: string;
  readonly address?: string;
}

/** What a secret that is good for one use stands for. `_id` is the SHA-256 of the secret in hex. */
export interface OneTimeDocument {
  readonly _id: string;
  readonly purpose: string;
  readonly data: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
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
}

/** An API key: only its SHA-256 is kept. `_id` is that hash in hex. */
export type ApiKeyDocument = MachineKeyDocument | UserKeyDocument;

export interface MachineKeyDocument {
  readonly _id: string;
  readonly kind: 'machine';
  readonly machineId: string;
  readonly ownerId: string;
  readonly createdAt: Date;
}

/** A key with which a person's programs log in. */
export interface UserKeyDocument {
  readonly _id: string;
  readonly kind: 'user';
  readonly keyId: string;
  readonly ownerId: string;
  readonly name: string;
  /** The beginning of the key, by which people tell their keys apart. */
  readonly start: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}
