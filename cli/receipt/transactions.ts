import type { Connection, PublicKey, VersionedTransactionResponse } from '@solana/web3.js';
import { CyxError } from '#core/errors/cyx-error';
import { JOB_ESCROW_INSTRUCTIONS } from '#programs/clients/ts/job-escrow';
import { JOB_ESCROW_PROGRAM_ID } from '#programs/clients/ts/program-ids';

export type EscrowInstruction = keyof typeof JOB_ESCROW_INSTRUCTIONS;

/** Places of the escrow's account among an instruction's accounts. */
const ESCROW_AT: Readonly<Record<Exclude<EscrowInstruction, 'initialize'>, number>> = {
  createEscrow: 3,
  assignNode: 1,
  commitResult: 1,
  failAttempt: 2,
  releasePayment: 2,
  refund: 2,
};

/** A confirmed transaction that changed something. */
export interface SeenTransaction {
  /** What a token account gained (negative: lost), base units. */
  tokenDeltaBase(tokenAccount: PublicKey): bigint;
  /** Whether it carried this instruction for this escrow (and attempt). */
  did(instruction: Exclude<EscrowInstruction, 'initialize'>, escrow: PublicKey, attempt?: number): boolean;
}

/** Reads each transaction once. A text says what is wrong with it. */
export function createTransactionReader(connection: Connection): (signature: string) => Promise<SeenTransaction | string> {
  const read = new Map<string, Promise<SeenTransaction | string>>();
  return (signature) => {
    const known = read.get(signature);
    if (known !== undefined) return known;
    const reading = readTransaction(connection, signature);
    read.set(signature, reading);
    return reading;
  };
}

async function readTransaction(connection: Connection, signature: string): Promise<SeenTransaction | string> {
  const found = await answered(() => connection.getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 }));
  if (found === null || found.meta === null) return `the chain knows no confirmed transaction ${signature}`;
  if (found.meta.err !== null) return `the transaction ${signature} failed, so it changed nothing`;
  return seen(found, found.meta);
}

function seen({ transaction: { message } }: VersionedTransactionResponse, meta: NonNullable<VersionedTransactionResponse['meta']>): SeenTransaction {
  const keys = message.staticAccountKeys;
  const amountOf = (balances: typeof meta.preTokenBalances, account: PublicKey): bigint => {
    const entry = balances?.find(({ accountIndex }) => keys[accountIndex]?.equals(account));
    return entry === undefined ? 0n : BigInt(entry.uiTokenAmount.amount);
  };
  return {
    tokenDeltaBase: (account) => amountOf(meta.postTokenBalances, account) - amountOf(meta.preTokenBalances, account),
    did: (instruction, escrow, attempt) =>
      message.compiledInstructions.some(({ programIdIndex, accountKeyIndexes, data }) => {
        const isOurs = keys[programIdIndex]?.equals(JOB_ESCROW_PROGRAM_ID) === true && data[0] === JOB_ESCROW_INSTRUCTIONS[instruction];
        const at = accountKeyIndexes[ESCROW_AT[instruction]];
        return isOurs && at !== undefined && keys[at]?.equals(escrow) === true && (attempt === undefined || data[1] === attempt);
      }),
  };
}

/** Runs an RPC call; a chain that does not answer is an error of its own, not a wrong receipt. */
export async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new CyxError('CHAIN_UNAVAILABLE', 'The chain does not answer, so the receipt could not be compared with it.', { cause });
  }
}
