import { AddressLookupTableAccount, VersionedTransaction, type VersionedMessage } from '@solana/web3.js';
import { encodeBase58 } from '../codec/base58.ts';
import { RpcError } from '../rpc/errors.ts';
import type { AccountImage } from './records.ts';

/** Largest transaction a cluster takes: one IPv6 packet. */
export const MAX_WIRE_BYTES = 1232;
const LOOKUP_TABLE_PROGRAM = 'AddressLookupTab1e1111111111111111111111111';
const LAMPORTS_PER_SIGNATURE = 5000n;

export interface WireTransaction {
  readonly wire: Uint8Array;
  readonly signature: string;
  readonly signatures: readonly string[];
  readonly message: VersionedMessage;
  readonly isLegacy: boolean;
}

export interface ResolvedKeys {
  /** Static keys, then looked-up writable, then looked-up readonly: the order instructions count in. */
  readonly all: readonly string[];
  readonly writable: readonly string[];
  readonly loadedWritable: readonly string[];
  readonly loadedReadonly: readonly string[];
}

export function decodeWire(wire: Uint8Array): WireTransaction {
  if (wire.length > MAX_WIRE_BYTES)
    throw new RpcError('invalidParams', `transaction too large: ${wire.length} bytes (max: ${MAX_WIRE_BYTES})`);
  let transaction: VersionedTransaction;
  try {
    transaction = VersionedTransaction.deserialize(wire);
  } catch {
    throw new RpcError('invalidParams', 'failed to deserialize the transaction');
  }
  const { message } = transaction;
  const signatures = transaction.signatures.map(encodeBase58);
  const required = message.header.numRequiredSignatures;
  if (signatures[0] === undefined || signatures.length !== required || message.staticAccountKeys.length < required)
    throw new RpcError(
      'invalidParams',
      'invalid transaction: Transaction failed to sanitize accounts offsets correctly',
    );
  return { wire, signature: signatures[0], signatures, message, isLegacy: transaction.version === 'legacy' };
}

/** All keys of the transaction, those of its lookup tables included. */
export function resolveKeys(
  message: VersionedMessage,
  account: (address: string) => AccountImage | undefined,
): ResolvedKeys {
  const statics = message.staticAccountKeys.map((key) => key.toBase58());
  const loadedWritable: string[] = [];
  const loadedReadonly: string[] = [];
  for (const lookup of message.addressTableLookups) {
    const addresses = tableAddresses(lookup.accountKey.toBase58(), account);
    const pick = (index: number): string => {
      const address = addresses[index];
      if (address === undefined) throw preflightError('InvalidAddressLookupTableIndex');
      return address;
    };
    loadedWritable.push(...lookup.writableIndexes.map(pick));
    loadedReadonly.push(...lookup.readonlyIndexes.map(pick));
  }
  const writable = [...statics.filter((_key, index) => message.isAccountWritable(index)), ...loadedWritable];
  return { all: [...statics, ...loadedWritable, ...loadedReadonly], writable, loadedWritable, loadedReadonly };
}

/** What the signatures cost. A priority fee comes on top. */
export function signatureFeeLamports(message: VersionedMessage): bigint {
  return LAMPORTS_PER_SIGNATURE * BigInt(message.header.numRequiredSignatures);
}

/** The answer of a cluster whose preflight check refused the transaction. */
export function preflightError(error: unknown, logs: readonly string[] = [], unitsConsumed = 0n): RpcError {
  const text = typeof error === 'string' ? (PREFLIGHT_TEXTS[error] ?? error) : instructionText(error);
  const data = { err: error, logs, accounts: null, unitsConsumed, returnData: null, innerInstructions: null };
  return new RpcError('preflightFailed', `Transaction simulation failed: ${text}`, data);
}

const PREFLIGHT_TEXTS: Readonly<Record<string, string>> = {
  AlreadyProcessed: 'This transaction has already been processed',
  BlockhashNotFound: 'Blockhash not found',
  AccountNotFound: 'Attempt to debit an account but found no record of a prior credit.',
  InsufficientFundsForFee: 'Insufficient funds for fee',
  InvalidAddressLookupTableIndex: 'Address lookup table contains an invalid index',
  AddressLookupTableNotFound: 'Address lookup table not found',
};

function instructionText(error: unknown): string {
  const detail = (error as { InstructionError?: [number, unknown] }).InstructionError;
  if (detail === undefined) return JSON.stringify(error);
  const [index, kind] = detail;
  const custom = (kind as { Custom?: number }).Custom;
  const text = custom === undefined ? JSON.stringify(kind) : `custom program error: 0x${custom.toString(16)}`;
  return `Error processing Instruction ${index}: ${text}`;
}

function tableAddresses(address: string, account: (address: string) => AccountImage | undefined): string[] {
  const table = account(address);
  if (table === undefined || table.owner !== LOOKUP_TABLE_PROGRAM) throw preflightError('AddressLookupTableNotFound');
  try {
    return AddressLookupTableAccount.deserialize(table.data).addresses.map((key) => key.toBase58());
  } catch {
    throw preflightError('InvalidAddressLookupTableData');
  }
}
