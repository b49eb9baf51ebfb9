import { CyxError } from '#core/errors/cyx-error';
import type { LocalnetOptions } from '../options.ts';
import { Journal } from '../journal/journal.ts';
import type { RecordLocation } from '../journal/files.ts';
import type { AccountStore } from './account-store.ts';
import type { Faucet } from './faucet.ts';
import { genesisAddresses } from './genesis.ts';
import type { History} from './history.ts';
import { historyEntry, type HistoryEntry } from './history.ts';
import type { AccountImage, TransactionRecord } from './records.ts';
import { restore, type Restored } from './restore.ts';
import { SLOT_MS, type SlotClock, type SlotTime } from './slot-clock.ts';
import { runTransaction } from './run-transaction.ts';
import type { Simulation, Svm } from './svm.ts';
import { decodeWire, preflightError, resolveKeys } from './wire.ts';

export interface ChainEvents {
  /** A transaction is on disk. */
  readonly landed: (record: TransactionRecord) => void;
  readonly slot: (slot: number, parent: number) => void;
}

const SLOT_HASHES = 512;

/**
 * The chain: one runtime, one journal. A transaction runs at once, is written with its post-images, and exists for
 * everybody else (accounts, history, subscriptions) from the moment the disk has it.
 */
export class Chain {
  readonly accounts: AccountStore;
  readonly history: History;
  readonly clock: SlotClock;
  readonly svm: Svm;
  readonly genesisHash: string;
  private readonly journal: Journal;
  private readonly faucet: Faucet;
  private readonly genesis: ReadonlySet<string>;
  /** Ran, not yet on disk. */
  private readonly inFlight = new Map<string, Promise<void>>();
  private readonly events: ChainEvents[] = [];
  private readonly timer: NodeJS.Timeout;
  private slotHashes: { slot: number; hash: string }[];

  static async open(options: LocalnetOptions): Promise<Chain> {
    const { journal, recovered } = Journal.open({
      dataDir: options.dataDir,
      log: options.log ?? (() => {}),
      snapshotEveryBytes: options.snapshotEveryBytes ?? 16 * 1024 * 1024,
      onFatal: options.onFatal ?? (() => {}),
    });
    try {
      return new Chain(journal, await restore(journal, recovered, options));
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  private constructor(journal: Journal, restored: Restored) {
    this.journal = journal;
    this.svm = restored.svm;
    this.accounts = restored.accounts;
    this.history = restored.history;
    this.clock = restored.clock;
    this.faucet = restored.faucet;
    this.genesisHash = restored.genesisHash;
    this.genesis = genesisAddresses(this.svm);
    const from = Math.max(0, this.clock.slot - SLOT_HASHES + 1);
    this.slotHashes = Array.from({ length: this.clock.slot - from + 1 }, (_item, index) =>
      this.hashOf(this.clock.slot - index),
    );
    this.setTime({ slot: this.clock.slot, unixTimeS: this.clock.unixTimeS });
    journal.snapshotFrom(restored.takeState);
    this.timer = setInterval(() => this.tick(), SLOT_MS);
  }

  on(events: ChainEvents): void {
    this.events.push(events);
  }

  /** An account as it is on disk, or one of the genesis. */
  account(address: string): AccountImage | undefined {
    return this.accounts.get(address) ?? (this.genesis.has(address) ? this.svm.account(address) : undefined);
  }

  ownedBy(owner: string): AccountImage[] {
    const written = [...this.accounts.ownedBy(owner)];
    const known = new Set(written.map((image) => image.address));
    const genesis = this.svm
      .programAccounts(owner)
      .filter((image) => this.genesis.has(image.address) && !known.has(image.address));
    // A genesis account that changed hands is in the store under its new owner.
    return [...written, ...genesis.filter((image) => this.accounts.get(image.address) === undefined)];
  }

  /** Runs a transaction and resolves with its signature once it is on disk. */
  async submit(wire: Uint8Array, options: { readonly skipPreflight: boolean }): Promise<string> {
    const transaction = decodeWire(wire);
    const { signature, message } = transaction;
    const pending = this.inFlight.get(signature);
    if (pending !== undefined || this.history.get(signature) !== undefined) {
      await pending;
      if (options.skipPreflight) return signature;
      throw preflightError('AlreadyProcessed');
    }
    if (this.clock.slotOfBlockhash(message.recentBlockhash) === undefined) throw preflightError('BlockhashNotFound');
    const record = runTransaction(this.svm, transaction, options, this.clock);
    const durable = this.journal.append(record, (location) => this.land(record, location));
    this.inFlight.set(signature, durable);
    try {
      await durable;
    } finally {
      this.inFlight.delete(signature);
    }
    return signature;
  }

  airdrop(address: string, lamports: bigint): Promise<string> {
    return this.submit(this.faucet.pay(address, lamports, this.clock.blockhash), { skipPreflight: false });
  }

  simulate(
    wire: Uint8Array,
    options: { readonly verifySignatures: boolean; readonly checkBlockhash: boolean },
  ): Simulation {
    const transaction = decodeWire(wire);
    const isUnknown = this.clock.slotOfBlockhash(transaction.message.recentBlockhash) === undefined;
    if (options.checkBlockhash && isUnknown)
      return { error: 'BlockhashNotFound', logs: [], unitsConsumed: 0n, inner: [], returnData: null, postAccounts: [] };
    resolveKeys(transaction.message, (address) => this.svm.account(address));
    return this.svm.simulate(wire, transaction.isLegacy, options);
  }

  /** The whole transaction, read back from the journal. */
  transaction(entry: HistoryEntry): TransactionRecord {
    const record = this.journal.read(entry.location) as TransactionRecord;
    if (record.signature === entry.signature) return record;
    throw new CyxError('STORAGE_CORRUPT', `The journal holds another transaction where ${entry.signature} should be.`);
  }

  /** Moves slots and time forward; written first, so that time never goes back after a restart. */
  async warp(by: { readonly slots: number; readonly seconds: number }): Promise<SlotTime> {
    const { slots, seconds } = by;
    await this.journal.append({ kind: 'warp', slot: this.clock.slot, slots, seconds }, () => {
      const parent = this.clock.slot;
      this.advance(this.clock.warp(by), parent);
    });
    return { slot: this.clock.slot, unixTimeS: this.clock.unixTimeS };
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.journal.close();
    this.clock.close();
  }

  private tick(): void {
    const parent = this.clock.slot;
    this.advance(this.clock.tick(), parent);
  }

  private advance(time: SlotTime, parent: number): void {
    for (let slot = Math.max(parent + 1, time.slot - SLOT_HASHES + 1); slot <= time.slot; slot += 1)
      this.slotHashes.unshift(this.hashOf(slot));
    this.slotHashes = this.slotHashes.slice(0, SLOT_HASHES);
    this.setTime(time);
    for (const events of this.events) events.slot(time.slot, parent);
  }

  private setTime(time: SlotTime): void {
    this.svm.setClock(time.slot, time.unixTimeS);
    // Programs see the hashes of finished slots, not of the one that is running.
    this.svm.setSlotHashes(this.slotHashes.filter((item) => item.slot < time.slot));
  }

  private hashOf(slot: number): { slot: number; hash: string } {
    return { slot, hash: this.clock.blockhashOf(slot) };
  }

  private land(record: TransactionRecord, location: RecordLocation): void {
    for (const image of record.images) this.accounts.apply(image);
    this.history.add(historyEntry(record, location));
    for (const events of this.events) events.landed(record);
  }
}
