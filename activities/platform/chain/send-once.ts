import { Transaction, type Keypair, type SignatureStatus, type TransactionInstruction } from '@solana/web3.js';
import bs58 from 'bs58';
import { setTimeout as delay } from 'node:timers/promises';
import { CyxError } from '#core/errors/cyx-error';
import { type ChainIntentRow, deleteIntent, findIntent, findIntents, isForbidden, markLanded, putIntent } from '#db/postgres/intents';
import type { Database } from '#db/postgres/database';
import { type Chain, reachable } from './chain.ts';
import { explainRefusal } from './explain.ts';

export interface OneTransaction {
  /** `<subject id>/<purpose>/<attempt>`: one key lands once, whoever sends it and however often. */
  readonly key: string;
  /** Built anew only where no earlier transaction of this key can still land. */
  readonly build: () => Promise<{ instructions: TransactionInstruction[]; signers: Keypair[] }>;
}

/** Polls of a signature's status: quick at first (the localnet is final at once), then patient. */
const POLL_MS = [5, 10, 20, 40, 80, 160, 320] as const;
const LANDS_WITHIN_MS = 90_000;

/**
 * Sends a transaction at most once and returns its signature once it is confirmed.
 *
 * The signed bytes are stored before they are sent. Whoever comes back later (another worker, a retry after a crash
 * between "sent" and "recorded") finds them, asks the chain for their signature, and sends the very same bytes again,
 * which the chain executes once at most. New bytes are made only after the old blockhash has expired unused.
 */
export async function sendOnce(chain: Chain, db: Database, transaction: OneTransaction): Promise<string> {
  for (;;) {
    const stored = await findIntent(db, transaction.key);
    if (stored === null) {
      const { intent, isOurs } = await prepare(chain, db, transaction);
      return sendAndConfirm(chain, db, intent, isOurs);
    }
    if (isForbidden(stored)) throw new CyxError('STATE_CONFLICT', `The step ${transaction.key} was given up, so it is not sent any more`);
    if (stored.landed) return stored.signature;
    const status = await reachable(() => statusOf(chain, stored.signature));
    if (status !== null) return settled(db, stored, status);
    if (!(await hasExpired(chain, stored))) return sendAndConfirm(chain, db, stored, false);
    // Asked once more after the expiry: between the two questions above it may just have landed.
    const late = await reachable(() => statusOf(chain, stored.signature));
    if (late !== null) return settled(db, stored, late);
    await deleteIntent(db, stored);
  }
}

/** Whether a transaction whose key begins like this may still land although nobody waits for it. */
export async function mayStillLand(chain: Chain, db: Database, prefix: string): Promise<boolean> {
  for (const intent of await findIntents(db, prefix)) {
    if (intent.landed || isForbidden(intent)) continue;
    const status = await reachable(() => statusOf(chain, intent.signature));
    if (status === null && !(await hasExpired(chain, intent))) return true;
  }
  return false;
}

/** Signs and stores; where another worker was faster, its bytes are the ones that count. */
async function prepare(chain: Chain, db: Database, { key, build }: OneTransaction): Promise<{ intent: ChainIntentRow; isOurs: boolean }> {
  const { instructions, signers } = await build();
  const { blockhash, lastValidBlockHeight } = await reachable(() => chain.connection.getLatestBlockhash());
  const transaction = new Transaction({ blockhash, lastValidBlockHeight, feePayer: chain.authority.publicKey }).add(...instructions);
  transaction.sign(chain.authority, ...signers.filter((signer) => !signer.publicKey.equals(chain.authority.publicKey)));
  const wire = new Uint8Array(transaction.serialize());
  const signature = signatureText(transaction);
  const intent = await putIntent(db, { key, signature, wire, lastValidBlockHeight });
  return { intent, isOurs: intent.signature === signature };
}

async function sendAndConfirm(chain: Chain, db: Database, intent: ChainIntentRow, neverSent: boolean): Promise<string> {
  try {
    await chain.connection.sendRawTransaction(intent.wire, { maxRetries: 5 });
  } catch (error) {
    const status = await reachable(() => statusOf(chain, intent.signature));
    if (status !== null) return settled(db, intent, status);
    const refusal = explainRefusal(error);
    // Refused by a program in the preflight and never passed on before, so it can not land: the next try builds a
    // fresh one. A repeat that is refused may still have an earlier copy on its way, which waits for its expiry.
    if (refusal.code !== 'CHAIN_UNAVAILABLE' && neverSent) await deleteIntent(db, intent);
    throw refusal;
  }
  const giveUpAt = Date.now() + LANDS_WITHIN_MS;
  for (let poll = 0; Date.now() < giveUpAt; poll++) {
    const status = await reachable(() => statusOf(chain, intent.signature));
    if (status !== null) return settled(db, intent, status);
    await delay(POLL_MS[Math.min(poll, POLL_MS.length - 1)]);
  }
  throw new CyxError('CHAIN_UNAVAILABLE', 'The chain took a transaction but has not confirmed it yet');
}

/** A confirmed transaction's status, or null. */
async function statusOf(chain: Chain, signature: string): Promise<SignatureStatus | null> {
  const { value } = await chain.connection.getSignatureStatuses([signature], { searchTransactionHistory: true });
  const status = value[0] ?? null;
  return status !== null && status.confirmationStatus !== 'processed' ? status : null;
}

async function settled(db: Database, intent: ChainIntentRow, status: SignatureStatus): Promise<string> {
  if (status.err === null) {
    await markLanded(db, intent);
    return intent.signature;
  }
  // It was executed, failed, and moved nothing: the next try may build a new one.
  await deleteIntent(db, intent);
  throw explainRefusal(status.err);
}

async function hasExpired(chain: Chain, intent: ChainIntentRow): Promise<boolean> {
  return (await reachable(() => chain.connection.getBlockHeight())) > intent.lastValidBlockHeight;
}

function signatureText(transaction: Transaction): string {
  const { signature } = transaction;
  if (signature === null) throw new CyxError('INTERNAL', 'The transaction is not signed');
  return bs58.encode(signature);
}
