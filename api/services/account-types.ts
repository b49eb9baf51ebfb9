import type { UserView } from './types.ts';
import type { Actor } from './types.ts';

/** What a wallet is asked to sign; together with its address it makes `signInMessage` of core/identity. */
export interface WalletChallenge {
  readonly nonce: string;
  readonly domain: string;
  readonly uri: string;
  readonly statement: string;
  readonly chainId: string;
  readonly issuedAt: string;
  readonly expirationTime: string;
}

export interface SignedChallenge {
  /** Base58. */
  readonly address: string;
  /** The signed text. */
  readonly message: string;
  /** 64 bytes in base64. */
  readonly signature: string;
}

export interface WalletLogin {
  readonly user: UserView;
  readonly isNew: boolean;
  /** What the wallet that logged in holds on chain. */
  readonly wallet: { readonly address: string; readonly balanceBase: bigint };
}

/** A way into an account. */
export interface LoginMethodView {
  /** `password`, or the key of the identity: `wallet:<address>`, `github:<id>`, `google:<subject>`. */
  readonly id: string;
  readonly kind: 'password' | 'wallet' | 'github' | 'google';
  readonly label: string;
  readonly linkedAt: Date | null;
  /** False for the last one: without it nobody would ever come in again. */
  readonly isRemovable: boolean;
}

export interface WalletLoginServices {
  challenge(from?: string): Promise<WalletChallenge>;
  /** UNAUTHENTICATED where the signature, the text or the nonce is not right, or the nonce was used before. */
  login(input: SignedChallenge, from?: string): Promise<WalletLogin>;
  linkChallenge(actor: Actor): Promise<WalletChallenge>;
  /** ALREADY_EXISTS where the wallet belongs to another account. */
  link(actor: Actor, input: SignedChallenge): Promise<LoginMethodView>;
}

export interface LoginMethodServices {
  list(actor: Actor): Promise<readonly LoginMethodView[]>;
  /** STATE_CONFLICT for the last way in. */
  unlink(actor: Actor, id: string): Promise<void>;
}
