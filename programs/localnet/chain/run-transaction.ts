import { RpcError } from '../rpc/errors.ts';
import type { AccountImage, TransactionRecord } from './records.ts';
import type { SlotClock } from './slot-clock.ts';
import type { Svm } from './svm.ts';
import { tokenBalances } from './token-balances.ts';
import { preflightError, resolveKeys, type WireTransaction } from './wire.ts';
import { SYSTEM_PROGRAM } from './genesis.ts';

/**
 * Runs one transaction in the runtime and describes what it did. Synchronous on purpose: between the images before
 * and after, nothing else can run. Throws, with nothing changed, where a cluster would not have taken it into a block.
 */
export function runTransaction(
  svm: Svm,
  transaction: WireTransaction,
  options: { readonly skipPreflight: boolean },
  clock: SlotClock,
): TransactionRecord {
  const { wire, message, isLegacy } = transaction;
  const account = (address: string): AccountImage | undefined => svm.account(address);
  const keys = resolveKeys(message, account);
  if (!options.skipPreflight) {
    const trial = svm.simulate(wire, isLegacy, { verifySignatures: true });
    if (trial.error !== null) throw refused(trial.error, trial.logs, trial.unitsConsumed);
  }
  const before = keys.all.map(account);
  const result = svm.send(wire, isLegacy);
  const after = keys.all.map(account);
  const images = changedImages(keys.all, keys.writable, before, after);
  // Even a failed transaction pays its fee. One that changed nothing was never in a block.
  if (images.length === 0) throw refused(result.error, result.logs, result.unitsConsumed);
  const preLamports = before.map((image) => image?.lamports ?? 0n);
  const postLamports = after.map((image) => image?.lamports ?? 0n);
  return {
    kind: 'transaction',
    slot: clock.slot,
    unixTimeS: clock.unixTimeS,
    blockhash: clock.blockhash,
    signature: transaction.signature,
    wire,
    loadedWritable: keys.loadedWritable,
    loadedReadonly: keys.loadedReadonly,
    error: result.error,
    // Instructions keep the sum of lamports, so what is missing afterwards is the fee, priority part included.
    feeLamports: sumLamports(preLamports) - sumLamports(postLamports),
    unitsConsumed: result.unitsConsumed,
    logs: result.logs,
    inner: result.inner,
    returnData: result.returnData,
    preLamports,
    postLamports,
    preTokens: tokenBalances(before, account),
    postTokens: tokenBalances(after, account),
    accountKeys: keys.all,
    images,
  };
}

function refused(error: unknown, logs: readonly string[], unitsConsumed: bigint): RpcError {
  if (error === 'SignatureFailure') return new RpcError('badSignature', 'Transaction signature verification failure');
  return preflightError(error, logs, unitsConsumed);
}

function changedImages(
  keys: readonly string[],
  writable: readonly string[],
  before: readonly (AccountImage | undefined)[],
  after: readonly (AccountImage | undefined)[],
): AccountImage[] {
  const mayChange = new Set(writable);
  return keys.flatMap((address, index) => {
    const now = after[index] ?? gone(address);
    return mayChange.has(address) && !sameAccount(before[index] ?? gone(address), now) ? [now] : [];
  });
}

function gone(address: string): AccountImage {
  return { address, lamports: 0n, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0) };
}

function sameAccount(a: AccountImage, b: AccountImage): boolean {
  return (
    a.lamports === b.lamports &&
    a.owner === b.owner &&
    a.executable === b.executable &&
    Buffer.compare(a.data, b.data) === 0
  );
}

function sumLamports(accounts: readonly bigint[]): bigint {
  return accounts.reduce((sum, lamports) => sum + lamports, 0n);
}
