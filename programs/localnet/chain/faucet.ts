import {
  ComputeBudgetProgram,
  Keypair,
  PublicKey,
  SystemProgram,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';

/** System transfer and the budget instruction use about 300 units; what is above makes each airdrop its own transaction. */
const MIN_UNITS = 10_000;
const UNITS_RANGE = 1_000_000;

/** Pays airdrops by ordinary transactions, so that they are journalled, listed and restored like any other. */
export class Faucet {
  readonly address: string;
  private readonly keypair: Keypair;
  private counter = 0;

  constructor(seed: Uint8Array) {
    this.keypair = Keypair.fromSeed(seed);
    this.address = this.keypair.publicKey.toBase58();
  }

  /** A signed transfer; two equal airdrops in one slot still differ in their compute limit, hence in signature. */
  pay(to: string, lamports: bigint, blockhash: string): Uint8Array {
    this.counter = (this.counter + 1) % UNITS_RANGE;
    const message = new TransactionMessage({
      payerKey: this.keypair.publicKey,
      recentBlockhash: blockhash,
      instructions: [
        ComputeBudgetProgram.setComputeUnitLimit({ units: MIN_UNITS + this.counter }),
        SystemProgram.transfer({ fromPubkey: this.keypair.publicKey, toPubkey: new PublicKey(to), lamports }),
      ],
    }).compileToLegacyMessage();
    const transaction = new VersionedTransaction(message);
    transaction.sign([this.keypair]);
    return transaction.serialize();
  }
}
