import type { RecordLocation } from '../journal/files.ts';
import type { TransactionError, TransactionRecord } from './records.ts';

/** What is kept in memory of every transaction; the rest is read back from the journal. */
export interface HistoryEntry {
  readonly signature: string;
  readonly slot: number;
  readonly unixTimeS: number;
  readonly error: TransactionError;
  readonly accountKeys: readonly string[];
  readonly location: RecordLocation;
}

/** Index of all transactions that ever landed, by signature, address and slot. Oldest first everywhere. */
export class History {
  private readonly bySignature = new Map<string, HistoryEntry>();
  private readonly byAddress = new Map<string, HistoryEntry[]>();
  private readonly bySlot = new Map<number, HistoryEntry[]>();
  private readonly addresses = new Map<string, string>();

  get count(): number {
    return this.bySignature.size;
  }

  get(signature: string): HistoryEntry | undefined {
    return this.bySignature.get(signature);
  }

  ofAddress(address: string): readonly HistoryEntry[] {
    return this.byAddress.get(address) ?? [];
  }

  ofSlot(slot: number): readonly HistoryEntry[] {
    return this.bySlot.get(slot) ?? [];
  }

  all(): HistoryEntry[] {
    return [...this.bySignature.values()];
  }

  add(source: HistoryEntry): void {
    // The same few addresses come back in most transactions: keep one string of each.
    const accountKeys = source.accountKeys.map((address) => this.intern(address));
    const entry: HistoryEntry = { ...source, accountKeys };
    this.bySignature.set(entry.signature, entry);
    for (const address of new Set(accountKeys)) push(this.byAddress, address, entry);
    push(this.bySlot, entry.slot, entry);
  }

  private intern(address: string): string {
    const known = this.addresses.get(address);
    if (known !== undefined) return known;
    this.addresses.set(address, address);
    return address;
  }
}

export function historyEntry(record: TransactionRecord, location: RecordLocation): HistoryEntry {
  const { signature, slot, unixTimeS, error, accountKeys } = record;
  return { signature, slot, unixTimeS, error, accountKeys, location };
}

function push<K>(map: Map<K, HistoryEntry[]>, key: K, entry: HistoryEntry): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}
