/** State of one account after a transaction. Zero lamports: the account is gone. */
export interface AccountImage {
  readonly address: string;
  readonly lamports: bigint;
  readonly owner: string;
  readonly executable: boolean;
  readonly data: Uint8Array;
}

/** A transaction error in the form the JSON-RPC shows it; `null` is success. */
export type TransactionError = null | string | { readonly [kind: string]: unknown };

export interface InnerInstructionRecord {
  readonly programIdIndex: number;
  readonly accounts: Uint8Array;
  readonly data: Uint8Array;
  readonly stackHeight: number;
}

export interface TokenBalanceRecord {
  readonly accountIndex: number;
  readonly mint: string;
  readonly owner: string;
  readonly programId: string;
  readonly amountBase: bigint;
  readonly decimals: number;
}

/** A transaction that landed: everything needed to show it again and to restore the accounts it wrote. */
export interface TransactionRecord {
  readonly kind: 'transaction';
  readonly slot: number;
  readonly unixTimeS: number;
  readonly blockhash: string;
  readonly signature: string;
  readonly wire: Uint8Array;
  readonly loadedWritable: readonly string[];
  readonly loadedReadonly: readonly string[];
  readonly error: TransactionError;
  readonly feeLamports: bigint;
  readonly unitsConsumed: bigint;
  readonly logs: readonly string[];
  readonly inner: readonly (readonly InnerInstructionRecord[])[];
  readonly returnData: { readonly programId: string; readonly data: Uint8Array } | null;
  readonly preLamports: readonly bigint[];
  readonly postLamports: readonly bigint[];
  readonly preTokens: readonly TokenBalanceRecord[];
  readonly postTokens: readonly TokenBalanceRecord[];
  /** Static keys first, then looked-up writable, then looked-up readonly. */
  readonly accountKeys: readonly string[];
  /** Post-images of the accounts that changed. */
  readonly images: readonly AccountImage[];
}

export interface ProgramRecord {
  readonly programId: string;
  readonly soPath: string;
  readonly sha256: string;
}

export type ChainRecord =
  | {
      readonly kind: 'genesis';
      readonly formatVersion: 1;
      readonly genesisTimeMs: number;
      /** Blockhashes are HMAC(seed, slot): any slot's hash is known again after a restart, and to nobody else. */
      readonly hashSeed: Uint8Array;
      readonly faucetSeed: Uint8Array;
      readonly programs: readonly ProgramRecord[];
    }
  | { readonly kind: 'programs'; readonly programs: readonly ProgramRecord[] }
  | { readonly kind: 'warp'; readonly slot: number; readonly slots: number; readonly seconds: number }
  | TransactionRecord;
