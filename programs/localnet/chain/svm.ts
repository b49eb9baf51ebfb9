import {
  Account,
  FailedTransactionMetadata,
  LiteSvm,
  type SimulatedTransactionInfo,
  type TransactionMetadata,
} from 'litesvm/dist/internal.js';
import { decodeBase58, encodeBase58 } from '../codec/base58.ts';
import { INSTRUCTION_ERRORS, TRANSACTION_ERRORS } from './error-names.ts';
import type { AccountImage, InnerInstructionRecord, TransactionError } from './records.ts';

/** What running a transaction gave, whether it was kept or only simulated. */
export interface Execution {
  readonly error: TransactionError;
  readonly logs: readonly string[];
  readonly unitsConsumed: bigint;
  readonly inner: readonly (readonly InnerInstructionRecord[])[];
  readonly returnData: { readonly programId: string; readonly data: Uint8Array } | null;
}

export interface Simulation extends Execution {
  readonly postAccounts: readonly AccountImage[];
}

/**
 * Agave's runtime in this process. The binding below the package's public wrapper is used on purpose: it takes bytes,
 * where the wrapper turns every address into base 58 and back (54 µs an account read against 4).
 * Blockhashes and duplicates are the chain's own business here; signatures are verified by the runtime.
 */
export class Svm {
  private readonly inner = new LiteSvm();

  constructor() {
    this.inner.setBlockhashCheck(false);
    this.inner.setTransactionHistory(0n);
    this.inner.withNativeMints();
  }

  account(address: string): AccountImage | undefined {
    const account = this.inner.getAccount(addressBytes(address));
    return account === null ? undefined : toImage(address, account);
  }

  programAccounts(owner: string): AccountImage[] {
    return this.inner
      .getProgramAccounts(addressBytes(owner))
      .map((item) => toImage(encodeBase58(item.address), item.account()));
  }

  setAccount(image: AccountImage): void {
    const account = new Account(image.lamports, image.data, addressBytes(image.owner), image.executable, RENT_EPOCH);
    this.inner.setAccount(addressBytes(image.address), account);
  }

  addProgram(programId: string, elf: Uint8Array): void {
    this.inner.addProgram(addressBytes(programId), elf);
  }

  minimumBalance(sizeBytes: number): bigint {
    return this.inner.minimumBalanceForRentExemption(BigInt(sizeBytes));
  }

  setClock(slot: number, unixTimeS: number): void {
    const clock = this.inner.getClock();
    clock.slot = BigInt(slot);
    clock.unixTimestamp = BigInt(unixTimeS);
    this.inner.setClock(clock);
  }

  /** Newest first. Programs (address lookup tables among them) prove recent slots with it. */
  setSlotHashes(hashes: readonly { readonly slot: number; readonly hash: string }[]): void {
    this.inner.setSlotHashes(hashes.map(({ slot, hash }) => ({ slot: BigInt(slot), hash })));
  }

  send(wire: Uint8Array, isLegacy: boolean): Execution {
    const result = isLegacy ? this.inner.sendLegacyTransaction(wire) : this.inner.sendVersionedTransaction(wire);
    return result instanceof FailedTransactionMetadata
      ? toExecution(result.meta(), transactionError(result))
      : toExecution(result, null);
  }

  simulate(wire: Uint8Array, isLegacy: boolean, options: { readonly verifySignatures: boolean }): Simulation {
    this.inner.setSigverify(options.verifySignatures);
    try {
      const result: SimulatedTransactionInfo | FailedTransactionMetadata = isLegacy
        ? this.inner.simulateLegacyTransaction(wire)
        : this.inner.simulateVersionedTransaction(wire);
      if (result instanceof FailedTransactionMetadata)
        return { ...toExecution(result.meta(), transactionError(result)), postAccounts: [] };
      const postAccounts = result.postAccounts().map((item) => toImage(encodeBase58(item.address), item.account()));
      return { ...toExecution(result.meta(), null), postAccounts };
    } finally {
      this.inner.setSigverify(true);
    }
  }
}

/** Rent is never collected any more; a rent-exempt account says so with the highest epoch. */
export const RENT_EPOCH = 18_446_744_073_709_551_615n;

function addressBytes(address: string): Uint8Array {
  const bytes = decodeBase58(address);
  if (bytes?.length !== 32) throw new TypeError(`Not an address: ${address}`);
  return bytes;
}

function toImage(address: string, account: Account): AccountImage {
  return {
    address,
    lamports: account.lamports(),
    owner: encodeBase58(account.owner()),
    executable: account.executable(),
    data: account.data(),
  };
}

function toExecution(meta: TransactionMetadata, error: TransactionError): Execution {
  const returned = meta.returnData();
  const returnedBytes = returned.data();
  return {
    error,
    logs: meta.logs(),
    unitsConsumed: meta.computeUnitsConsumed(),
    inner: meta.innerInstructions().map((list) =>
      list.map((item) => ({
        programIdIndex: item.instruction().programIdIndex(),
        accounts: Uint8Array.from(item.instruction().accounts()),
        data: Uint8Array.from(item.instruction().data()),
        stackHeight: item.stackHeight(),
      })),
    ),
    returnData:
      returnedBytes.length === 0 ? null : { programId: encodeBase58(returned.programId()), data: returnedBytes },
  };
}

function transactionError(failed: FailedTransactionMetadata): TransactionError {
  const error = failed.err();
  if (typeof error === 'number') return TRANSACTION_ERRORS[error] ?? `Unknown(${error as number})`;
  if ('accountIndex' in error) return { [variant(error)]: { account_index: error.accountIndex } };
  if (!('err' in error)) return { DuplicateInstruction: error.index };
  const inner = error.err();
  if (typeof inner === 'number')
    return { InstructionError: [error.index, INSTRUCTION_ERRORS[inner] ?? 'GenericError'] };
  return { InstructionError: [error.index, 'code' in inner ? { Custom: inner.code } : { BorshIoError: inner.msg }] };
}

function variant(error: object): string {
  return error.constructor.name.replace('TransactionError', '');
}
