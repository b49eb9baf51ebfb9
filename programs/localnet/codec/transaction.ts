import type { MessageCompiledInstruction, VersionedMessage } from '@solana/web3.js';
import type {
  InnerInstructionRecord,
  TokenBalanceRecord,
  TransactionError,
  TransactionRecord,
} from '../chain/records.ts';
import type { Execution } from '../chain/svm.ts';
import { decodeWire } from '../chain/wire.ts';
import { RpcError } from '../rpc/errors.ts';
import { encodeBase58 } from './base58.ts';
import { uiTokenAmount } from './token.ts';

export type TransactionEncoding = 'json' | 'jsonParsed' | 'base64' | 'base58';

export interface TransactionView {
  readonly encoding?: TransactionEncoding | undefined;
  readonly maxSupportedTransactionVersion?: number | undefined;
}

/** A landed transaction as `getTransaction` answers it. */
export function encodeTransaction(record: TransactionRecord, view: TransactionView): Record<string, unknown> {
  const { slot, unixTimeS } = record;
  return { slot, blockTime: unixTimeS, ...encodeTransactionBody(record, view) };
}

/** The same without its place in the chain, as a block lists it. */
export function encodeTransactionBody(record: TransactionRecord, view: TransactionView): Record<string, unknown> {
  const { message, signatures } = decodeWire(record.wire);
  if (message.version !== 'legacy' && view.maxSupportedTransactionVersion === undefined)
    throw new RpcError(
      'unsupportedVersion',
      `Transaction version (${message.version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${message.version}`,
    );
  const isParsed = view.encoding === 'jsonParsed';
  const transaction = encodedWire(record.wire, view.encoding) ?? {
    signatures,
    message: messageJson(record, message, isParsed),
  };
  // Clients that name no version know of none.
  const version = view.maxSupportedTransactionVersion === undefined ? {} : { version: message.version };
  return { transaction, meta: meta(record, message, isParsed), ...version };
}

export function statusOf(error: TransactionError): Record<string, unknown> {
  return error === null ? { Ok: null } : { Err: error };
}

export function returnDataJson(returned: Execution['returnData']): Record<string, unknown> | null {
  return returned === null
    ? null
    : { programId: returned.programId, data: [Buffer.from(returned.data).toString('base64'), 'base64'] };
}

export function innerInstructionsJson(inner: Execution['inner']): Record<string, unknown>[] {
  return inner.flatMap((list, index) => (list.length === 0 ? [] : [{ index, instructions: list.map(compiledJson) }]));
}

function encodedWire(wire: Uint8Array, encoding: TransactionEncoding | undefined): unknown {
  if (encoding === 'base64') return [Buffer.from(wire).toString('base64'), 'base64'];
  if (encoding === 'base58') return [encodeBase58(wire), 'base58'];
  return undefined;
}

function meta(record: TransactionRecord, message: VersionedMessage, isParsed: boolean): Record<string, unknown> {
  const { error, loadedWritable, loadedReadonly, returnData } = record;
  const inner = isParsed
    ? record.inner.flatMap((list, index) =>
        list.length === 0
          ? []
          : [{ index, instructions: list.map((item) => partlyDecoded(record, item, item.stackHeight)) }],
      )
    : innerInstructionsJson(record.inner);
  return {
    err: error,
    status: statusOf(error),
    fee: record.feeLamports,
    preBalances: record.preLamports,
    postBalances: record.postLamports,
    innerInstructions: inner,
    logMessages: record.logs,
    preTokenBalances: record.preTokens.map(tokenBalanceJson),
    postTokenBalances: record.postTokens.map(tokenBalanceJson),
    rewards: [],
    // The parsed form has these among its account keys.
    ...(isParsed || message.version === 'legacy'
      ? {}
      : { loadedAddresses: { writable: loadedWritable, readonly: loadedReadonly } }),
    ...(returnData === null ? {} : { returnData: returnDataJson(returnData) }),
    computeUnitsConsumed: record.unitsConsumed,
  };
}

function messageJson(record: TransactionRecord, message: VersionedMessage, isParsed: boolean): Record<string, unknown> {
  const lookups = message.addressTableLookups.map((lookup) => ({
    accountKey: lookup.accountKey.toBase58(),
    writableIndexes: lookup.writableIndexes,
    readonlyIndexes: lookup.readonlyIndexes,
  }));
  const { recentBlockhash, compiledInstructions } = message;
  const instructions = compiledInstructions.map(toRecord);
  if (isParsed)
    return {
      accountKeys: parsedKeys(record, message),
      recentBlockhash,
      instructions: instructions.map((item) => partlyDecoded(record, item, null)),
      ...(message.version === 'legacy' ? {} : { addressTableLookups: lookups }),
    };
  return {
    header: message.header,
    accountKeys: message.staticAccountKeys.map((key) => key.toBase58()),
    recentBlockhash,
    instructions: instructions.map((item) => ({ ...compiledJson(item), stackHeight: null })),
    ...(message.version === 'legacy' ? {} : { addressTableLookups: lookups }),
  };
}

function parsedKeys(record: TransactionRecord, message: VersionedMessage): Record<string, unknown>[] {
  const statics = message.staticAccountKeys.length;
  return record.accountKeys.map((pubkey, index) => ({
    pubkey,
    signer: index < message.header.numRequiredSignatures,
    writable: index < statics ? message.isAccountWritable(index) : index < statics + record.loadedWritable.length,
    source: index < statics ? 'transaction' : 'lookupTable',
  }));
}

function toRecord({ programIdIndex, accountKeyIndexes, data }: MessageCompiledInstruction): InnerInstructionRecord {
  return { programIdIndex, accounts: Uint8Array.from(accountKeyIndexes), data, stackHeight: 1 };
}

function compiledJson({
  programIdIndex,
  accounts,
  data,
  stackHeight,
}: InnerInstructionRecord): Record<string, unknown> {
  return { programIdIndex, accounts: [...accounts], data: encodeBase58(data), stackHeight };
}

/** The form every client accepts for an instruction that the server does not interpret. */
function partlyDecoded(
  record: TransactionRecord,
  item: InnerInstructionRecord,
  stackHeight: number | null,
): Record<string, unknown> {
  const keyAt = (index: number): string | undefined => record.accountKeys[index];
  return {
    programId: keyAt(item.programIdIndex),
    accounts: [...item.accounts].map(keyAt),
    data: encodeBase58(item.data),
    stackHeight,
  };
}

function tokenBalanceJson({
  accountIndex,
  mint,
  owner,
  programId,
  amountBase,
  decimals,
}: TokenBalanceRecord): Record<string, unknown> {
  return { accountIndex, mint, owner, programId, uiTokenAmount: uiTokenAmount(amountBase, decimals) };
}
