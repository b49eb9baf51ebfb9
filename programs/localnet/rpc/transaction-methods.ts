import { VersionedMessage } from '@solana/web3.js';
import { z } from 'zod';
import type { Chain } from '../chain/chain.ts';
import type { HistoryEntry } from '../chain/history.ts';
import type { AccountImage } from '../chain/records.ts';
import { signatureFeeLamports } from '../chain/wire.ts';
import { encodeAccount } from '../codec/account.ts';
import { encodeTransaction, innerInstructionsJson, returnDataJson, statusOf } from '../codec/transaction.ts';
import { RpcError } from './errors.ts';
import { method, withContext, type MethodTable } from './method.ts';
import { address, decodeBytes, readConfig, safeInteger, signature, transactionView } from './params.ts';

const MAX_STATUSES = 256;
const MAX_LISTED = 1000;
const wireEncoding = z.enum(['base58', 'base64']);

const sendConfig = z.object({
  encoding: wireEncoding.nullish(),
  skipPreflight: z.boolean().nullish(),
  preflightCommitment: z.string().max(20).nullish(),
  maxRetries: safeInteger.nullish(),
  minContextSlot: safeInteger.nullish(),
});

const simulateConfig = readConfig.extend({
  encoding: wireEncoding.nullish(),
  sigVerify: z.boolean().nullish(),
  replaceRecentBlockhash: z.boolean().nullish(),
  innerInstructions: z.boolean().nullish(),
  accounts: z
    .object({
      encoding: z.enum(['base64', 'base64+zstd', 'jsonParsed']).nullish(),
      addresses: z.array(address).max(64),
    })
    .nullish(),
});

const listConfig = readConfig.extend({
  limit: z.number().int().min(1).max(MAX_LISTED).nullish(),
  before: signature.nullish(),
  until: signature.nullish(),
});

export const transactionMethods: MethodTable = {
  sendTransaction: method(z.tuple([z.string(), sendConfig.nullish()]), ({ chain }, [text, config]) =>
    chain.submit(decodeBytes(text, config?.encoding ?? 'base58'), { skipPreflight: config?.skipPreflight === true }),
  ),
  requestAirdrop: method(z.tuple([address, safeInteger, readConfig.nullish()]), ({ chain }, [key, lamports]) =>
    chain.airdrop(key, BigInt(lamports)),
  ),
  simulateTransaction: method(z.tuple([z.string(), simulateConfig.nullish()]), ({ chain }, [text, config]) =>
    simulate(chain, text, config ?? {}),
  ),
  getFeeForMessage: method(z.tuple([z.string(), readConfig.nullish()]), ({ chain }, [text]) => {
    const message = decodeMessage(decodeBytes(text, 'base64'));
    const isKnown = chain.clock.slotOfBlockhash(message.recentBlockhash) !== undefined;
    return withContext(chain, isKnown ? signatureFeeLamports(message) : null);
  }),
  getSignatureStatuses: method(
    z.tuple([
      z.array(signature).max(MAX_STATUSES),
      z.object({ searchTransactionHistory: z.boolean().nullish() }).nullish(),
    ]),
    ({ chain }, [signatures]) =>
      withContext(
        chain,
        signatures.map((one) => status(chain.history.get(one))),
      ),
  ),
  getTransaction: method(z.tuple([signature, transactionView]), ({ chain }, [one, view]) => {
    const entry = chain.history.get(one);
    return entry === undefined ? null : encodeTransaction(chain.transaction(entry), view);
  }),
  getSignaturesForAddress: method(z.tuple([address, listConfig.nullish()]), ({ chain }, [key, config]) => {
    const newestFirst = [...chain.history.ofAddress(key)].reverse();
    const from = config?.before ? after(newestFirst, config.before) : newestFirst;
    const end = config?.until ? from.findIndex((entry) => entry.signature === config.until) : -1;
    return from
      .slice(0, end < 0 ? undefined : end)
      .slice(0, config?.limit ?? MAX_LISTED)
      .map(listedEntry);
  }),
};

/** The part of the list behind a signature; nothing where it is not in the list. */
function after(entries: readonly HistoryEntry[], before: string): readonly HistoryEntry[] {
  const at = entries.findIndex((entry) => entry.signature === before);
  return at < 0 ? [] : entries.slice(at + 1);
}

function listedEntry({ signature: one, slot, unixTimeS, error }: HistoryEntry): Record<string, unknown> {
  return { signature: one, slot, err: error, memo: null, blockTime: unixTimeS, confirmationStatus: 'finalized' };
}

function status(entry: HistoryEntry | undefined): Record<string, unknown> | null {
  if (entry === undefined) return null;
  const { slot, error } = entry;
  return { slot, confirmations: null, err: error, status: statusOf(error), confirmationStatus: 'finalized' };
}

function decodeMessage(bytes: Uint8Array): VersionedMessage {
  try {
    return VersionedMessage.deserialize(bytes);
  } catch {
    throw new RpcError('invalidParams', 'failed to deserialize the message');
  }
}

function simulate(chain: Chain, text: string, config: z.output<typeof simulateConfig>): Record<string, unknown> {
  const { sigVerify, replaceRecentBlockhash, accounts, innerInstructions } = config;
  if (sigVerify === true && replaceRecentBlockhash === true)
    throw new RpcError('invalidParams', 'sigVerify may not be used with replaceRecentBlockhash');
  const wire = decodeBytes(text, config.encoding ?? 'base58');
  const result = chain.simulate(wire, {
    verifySignatures: sigVerify === true,
    checkBlockhash: replaceRecentBlockhash !== true,
  });
  const { error, logs, unitsConsumed, returnData, inner } = result;
  const post = new Map(result.postAccounts.map((image) => [image.address, image]));
  const read = (key: string): AccountImage | undefined => post.get(key) ?? chain.account(key);
  const { blockhash, slot } = chain.clock;
  return withContext(chain, {
    err: error,
    logs,
    unitsConsumed,
    returnData: returnDataJson(returnData),
    accounts: accounts ? accounts.addresses.map((key) => shown(read(key), accounts.encoding ?? 'base64', read)) : null,
    ...(innerInstructions === true ? { innerInstructions: innerInstructionsJson(inner) } : {}),
    ...(replaceRecentBlockhash === true
      ? { replacementBlockhash: { blockhash, lastValidBlockHeight: slot + 150 } }
      : {}),
  });
}

function shown(
  image: AccountImage | undefined,
  encoding: 'base64' | 'base64+zstd' | 'jsonParsed',
  read: (key: string) => AccountImage | undefined,
): unknown {
  return image === undefined || image.lamports === 0n ? null : encodeAccount(image, { encoding }, read);
}
