import type { AccountTies } from '#core/identity/deletion';
import type { Actor, JobSummary, OwnTransferView, Page } from './types.ts';

export interface WalletView {
  readonly address: string;
  readonly kind: 'managed' | 'linked';
  readonly balanceBase: bigint;
}

/** The wallet, compared with the books. */
export interface ReconciledWalletView extends WalletView {
  /**
   * What the balance on chain is above the ledger's: somebody sent it from outside. A payment that has landed counts, too, for
   * the moment until it is booked. Never below zero.
   */
  readonly outsideBase: bigint;
}

/** An escrow that is locked now, with its job, whatever the state of that. */
export interface OpenEscrowView {
  readonly job: JobSummary;
  readonly lockedBase: bigint;
  readonly lockedAt: Date;
}

/** A wallet that its owner logs in with. The platform can not spend from it. */
export interface LoginWalletView {
  readonly address: string;
  readonly linkedAt: Date | null;
  readonly balanceBase: bigint;
}

export interface WalletServices {
  get(actor: Actor): Promise<WalletView | null>;
  getReconciled(actor: Actor): Promise<ReconciledWalletView | null>;
  transfers(actor: Actor, page: { pageSize: number; pageToken: string }): Promise<Page<OwnTransferView>>;
  /**
   * What one transaction moved, as far as it concerns the actor: from or to their wallet or a node's stake of theirs, or for a
   * job of theirs. Operators see all of it. NOT_FOUND where there is nothing.
   */
  transaction(actor: Actor, signature: string): Promise<readonly OwnTransferView[]>;
  /** What is bound in the whole account: jobs that have not ended, tokens in escrows and in stakes. */
  ties(actor: Actor): Promise<AccountTies>;
  openEscrows(actor: Actor): Promise<readonly OpenEscrowView[]>;
  /** The wallets that log the actor in, with their balances on chain. */
  logins(actor: Actor): Promise<readonly LoginWalletView[]>;
}
