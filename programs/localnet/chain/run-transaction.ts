import { RpcError } from '../rpc/errors.ts';
import type { AccountImage, TransactionRecord } from './records.ts';
import type { SlotClock } from './slot-clock.ts';
import type { Svm } from './svm.ts';
import { tokenBalances } from './token-balances.ts';
import { preflightError, resolveKeys, signatureFeeLamports, type WireTransaction } from './wire.ts';
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
    feeLamports: feeLamports(transaction, result.error !== null, before[0], after[0]),
    unitsConsumed: result.unitsConsumed,
    logs: result.logs,
    inner: result.inner,
    returnData: result.returnData,
    preLamports: before.map((image) => image?.lamports ?? 0n),
    postLamports: after.map((image) => image?.lamports ?? 0n),
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
  return a.lamports === b.lamports && a.owner === b.owner && a.executable === b.executable && Buffer.compare(a.data, b.data) === 0;
}

/** A failed transaction changes its payer by the fee alone; of a successful one the priority fee is read from its budget. */
function feeLamports(transaction: WireTransaction, failed: boolean, before?: AccountImage, after?: AccountImage): bigint {
  if (failed) return (before?.lamports ?? 0n) - (after?.lamports ?? 0n);
  return signatureFeeLamports(transaction.message) + priorityFeeLamports(transaction);
}

const COMPUTE_BUDGET_PROGRAM = 'ComputeBudget111111111111111111111111111111';
const DEFAULT_UNITS_AN_INSTRUCTION = 200_000n;
const MAX_UNITS = 1_400_000n;
const MICRO = 1_000_000n;

/** Price per unit times the limit asked for, rounded up, as the runtime charges it. */
function priorityFeeLamports({ message }: WireTransaction): bigint {
  let price = 0n;
  let limit: bigint | undefined;
  let others = 0n;
  for (const instruction of message.compiledInstructions) {
    const data = Buffer.from(instruction.data);
    if (message.staticAccountKeys[instruction.programIdIndex]?.toBase58() !== COMPUTE_BUDGET_PROGRAM) others += 1n;
    else if (data[0] === 2 && data.length >= 5) limit = BigInt(data.readUInt32LE(1));
    else if (data[0] === 3 && data.length >= 9) price = data.readBigUInt64LE(1);
  }
  const asked = limit ?? others * DEFAULT_UNITS_AN_INSTRUCTION;
  const units = asked < MAX_UNITS ? asked : MAX_UNITS;
  return (price * units + MICRO - 1n) / MICRO;
}
