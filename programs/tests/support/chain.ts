import { createHash } from 'node:crypto';
import { address as kitAddress, getTransactionDecoder, lamports } from '@solana/kit';
import { Keypair, PublicKey, TransactionMessage, VersionedTransaction, type TransactionInstruction } from '@solana/web3.js';
import { FailedTransactionMetadata, LiteSVM } from 'litesvm';
import { explainProgramError } from '#programs/clients/ts/errors';
import { programsOnDisk } from '#programs/clients/ts/programs-on-disk';

/** Start of the test clock: any time well above zero. */
const START_SECONDS = 1_800_000_000n;

/** What a transaction did. `fault` is our error's name, `code` any custom code, `error` a text of whatever failed. */
export interface Outcome {
  readonly ok: boolean;
  readonly fault: string | undefined;
  readonly code: number | undefined;
  readonly error: string | undefined;
  readonly logs: string[];
}

export interface AccountImage {
  readonly owner: PublicKey;
  readonly lamports: bigint;
  readonly data: Uint8Array;
}

/** The same label is the same key in every run. */
export function keypair(label: string): Keypair {
  return Keypair.fromSeed(createHash('sha256').update(label).digest());
}

/** Agave's runtime in this process with the built programs, driven with web3.js types. */
export class Chain {
  private readonly svm: LiteSVM;
  readonly feePayer = keypair('fee payer');

  constructor() {
    this.svm = new LiteSVM();
    for (const program of programsOnDisk({ dir: process.env['CYXWIZ_PROGRAMS_DIR'] })) {
      this.svm.addProgramFromFile(kitAddress(program.programId.toBase58()), program.soPath);
    }
    this.setTime(START_SECONDS);
    this.airdrop(this.feePayer.publicKey);
  }

  /** Signs with the fee payer and `signers`, and runs the transaction. */
  send(instructions: readonly TransactionInstruction[], signers: readonly Keypair[] = []): Outcome {
    this.svm.expireBlockhash();
    const message = new TransactionMessage({
      payerKey: this.feePayer.publicKey,
      recentBlockhash: this.svm.latestBlockhash(),
      instructions: [...instructions],
    }).compileToV0Message();
    const transaction = new VersionedTransaction(message);
    const required = message.staticAccountKeys.slice(0, message.header.numRequiredSignatures).map((key) => key.toBase58());
    const byKey = new Map([this.feePayer, ...signers].map((signer) => [signer.publicKey.toBase58(), signer]));
    // An attack may have taken a signature out, so a signer more than needed is no mistake; one too few is.
    transaction.sign(required.flatMap((key) => byKey.get(key) ?? []));
    const result = this.svm.sendTransaction(getTransactionDecoder().decode(transaction.serialize()));
    if (!(result instanceof FailedTransactionMetadata)) {
      return { ok: true, fault: undefined, code: undefined, error: undefined, logs: result.logs() };
    }
    const code = customCode(result);
    const fault = code === undefined ? undefined : explainProgramError(code)?.name;
    return { ok: false, fault, code, error: result.toString(), logs: result.meta().logs() };
  }

  airdrop(to: PublicKey, amountLamports = 100_000_000_000n): void {
    this.svm.airdrop(kitAddress(to.toBase58()), lamports(amountLamports));
  }

  account(at: PublicKey): AccountImage | undefined {
    const found = this.svm.getAccount(kitAddress(at.toBase58()));
    if (!found.exists) return undefined;
    return { owner: new PublicKey(found.programAddress), lamports: found.lamports, data: Uint8Array.from(found.data) };
  }

  /** Data of an account that must exist. */
  data(at: PublicKey): Uint8Array {
    const found = this.account(at);
    if (!found) throw new Error(`${at.toBase58()} does not exist`);
    return found.data;
  }

  /** Forges an account: what no transaction could write. */
  forge(at: PublicKey, image: AccountImage): void {
    this.svm.setAccount({
      address: kitAddress(at.toBase58()),
      programAddress: kitAddress(image.owner.toBase58()),
      lamports: lamports(image.lamports),
      data: image.data,
      executable: false,
      space: BigInt(image.data.length),
    });
  }

  get seconds(): bigint {
    return this.svm.getClock().unixTimestamp;
  }

  get slot(): bigint {
    return this.svm.getClock().slot;
  }

  setTime(seconds: bigint): void {
    const clock = this.svm.getClock();
    clock.unixTimestamp = seconds;
    this.svm.setClock(clock);
  }

  pass(seconds: bigint): void {
    this.setTime(this.seconds + seconds);
  }
}

function customCode(failed: FailedTransactionMetadata): number | undefined {
  const error = failed.err();
  if (typeof error === 'number' || !('err' in error)) return undefined;
  const inner = error.err();
  return typeof inner === 'object' && 'code' in inner ? inner.code : undefined;
}
