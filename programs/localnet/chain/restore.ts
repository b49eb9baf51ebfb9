import { createHash } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';
import type { LocalnetOptions } from '../options.ts';
import { encodeBase58 } from '../codec/base58.ts';
import type { RecordLocation } from '../journal/files.ts';
import type { Journal } from '../journal/journal.ts';
import type { Recovered } from '../journal/recover.ts';
import { AccountStore } from './account-store.ts';
import { Faucet } from './faucet.ts';
import { faucetAccount, loadPrograms, newGenesis, samePrograms } from './genesis.ts';
import { History, historyEntry, type HistoryEntry } from './history.ts';
import type { AccountImage, ChainRecord, ProgramRecord } from './records.ts';
import { SlotClock } from './slot-clock.ts';
import { Svm } from './svm.ts';

type Genesis = Extract<ChainRecord, { kind: 'genesis' }>;

/** What a snapshot holds of the chain. */
interface ChainState {
  readonly genesis: Genesis;
  readonly programs: readonly ProgramRecord[];
  readonly warpSlots: number;
  readonly warpSeconds: number;
  readonly lastSlot: number;
  readonly lastUnixTimeS: number;
  readonly accounts: readonly AccountImage[];
  readonly history: readonly HistoryEntry[];
}

export interface Restored {
  readonly svm: Svm;
  readonly accounts: AccountStore;
  readonly history: History;
  readonly clock: SlotClock;
  readonly faucet: Faucet;
  readonly genesisHash: string;
  readonly takeState: () => unknown;
}

/** What the records read so far add up to. */
interface Progress {
  genesis: Genesis | undefined;
  programs: readonly ProgramRecord[];
  warpSlots: number;
  warpSeconds: number;
  lastSlot: number;
  lastUnixTimeS: number;
}

/**
 * Brings the chain back from what the journal holds: images are put in place, no transaction runs again. Running them
 * again would not give the same state, since programs read clocks and hashes.
 */
export async function restore(journal: Journal, recovered: Recovered, options: LocalnetOptions): Promise<Restored> {
  const startedMs = performance.now();
  const log = options.log ?? (() => {});
  const accounts = new AccountStore();
  const history = new History();
  const state = recovered.state as ChainState | undefined;
  const progress = begin(state);
  for (const image of state?.accounts ?? []) accounts.apply(image);
  for (const entry of state?.history ?? []) history.add(entry);
  for (const { record, location } of recovered.records)
    replay(record as ChainRecord, location, progress, accounts, history);

  const svm = new Svm();
  const programs = loadPrograms(svm, options.programs, progress.programs, log);
  const genesis = progress.genesis ?? newGenesis(Date.now(), programs);
  if (progress.genesis === undefined) await journal.append(genesis, () => {});
  else if (!samePrograms(programs, progress.programs)) await journal.append({ kind: 'programs', programs }, () => {});
  const faucet = new Faucet(genesis.faucetSeed);
  if (accounts.get(faucet.address) === undefined) accounts.apply(faucetAccount(faucet.address));
  fillRuntime(svm, accounts);

  const clock = new SlotClock({
    ...progress,
    dataDir: options.dataDir,
    genesisTimeMs: genesis.genesisTimeMs,
    hashSeed: genesis.hashSeed,
    nowMs: Date.now,
  });
  log('chain.restored', {
    transactions: history.count,
    accounts: accounts.count,
    slot: clock.slot,
    tookMs: Math.round(performance.now() - startedMs),
  });
  return {
    svm,
    accounts,
    history,
    clock,
    faucet,
    genesisHash: encodeBase58(createHash('sha256').update('cyxwiz genesis').update(genesis.hashSeed).digest()),
    takeState: () => ({
      genesis,
      programs,
      warpSlots: clock.warped.slots,
      warpSeconds: clock.warped.seconds,
      lastSlot: clock.slot,
      lastUnixTimeS: clock.unixTimeS,
      accounts: accounts.all(),
      history: history.all(),
    }),
  };
}

function begin(state: ChainState | undefined): Progress {
  const { genesis, programs = [], warpSlots = 0, warpSeconds = 0, lastSlot = 0, lastUnixTimeS = 0 } = state ?? {};
  return { genesis, programs, warpSlots, warpSeconds, lastSlot, lastUnixTimeS };
}

function replay(
  record: ChainRecord,
  location: RecordLocation,
  progress: Progress,
  accounts: AccountStore,
  history: History,
): void {
  switch (record.kind) {
    case 'genesis':
      progress.genesis = record;
      progress.programs = record.programs;
      return;
    case 'programs':
      progress.programs = record.programs;
      return;
    case 'warp':
      progress.warpSlots += record.slots;
      progress.warpSeconds += record.seconds;
      progress.lastSlot = Math.max(progress.lastSlot, record.slot);
      return;
    case 'transaction':
      if (history.get(record.signature) !== undefined)
        throw new CyxError('STORAGE_CORRUPT', `The journal holds the transaction ${record.signature} twice.`);
      for (const image of record.images) accounts.apply(image);
      history.add(historyEntry(record, location));
      progress.lastSlot = Math.max(progress.lastSlot, record.slot);
      progress.lastUnixTimeS = Math.max(progress.lastUnixTimeS, record.unixTimeS);
      return;
    default:
      throw new CyxError(
        'STORAGE_CORRUPT',
        `The journal holds a record of an unknown kind: ${String((record as { kind: unknown }).kind)}`,
      );
  }
}

/**
 * Data accounts go in before executable ones: a program's account points at the account that holds its code. Of a
 * program that was loaded from its file only the lamports are taken, or an old image would undo an upgrade.
 */
function fillRuntime(svm: Svm, accounts: AccountStore): void {
  const all = accounts.all();
  for (const image of all) if (!image.executable) svm.setAccount(image);
  for (const image of all) {
    if (!image.executable) continue;
    const loaded = svm.account(image.address);
    const merged = loaded?.executable === true ? { ...loaded, lamports: image.lamports } : image;
    svm.setAccount(merged);
    accounts.apply(merged);
  }
}
