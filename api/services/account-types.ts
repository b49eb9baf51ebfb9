import type { OauthKind } from '#api/auth/oauth';
import type { Actor, UserView } from './types.ts';

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

/** Links by e-mail. Each is good once. */
export interface EmailServices {
  /** Sends a link to the account's address. STATE_CONFLICT where there is none, or it is verified. */
  sendVerification(actor: Actor): Promise<void>;
  /** BAD_CREDENTIALS where the link was used, is too old, or is for an address that the account no longer has. */
  verify(token: string): Promise<void>;
  /** Says the same, after the same time, whether there is such an account or not. */
  requestReset(email: string, from?: string): Promise<void>;
  /** Sets a new password and ends every session and token. BAD_CREDENTIALS as above. */
  resetPassword(input: { token: string; password: string }, from?: string): Promise<UserView>;
}

export interface CredentialServices {
  /** Sets or changes the password. Ends all other sessions and all tokens. BAD_CREDENTIALS where the current one is wrong. */
  setPassword(actor: Actor, input: { current: string; password: string }): Promise<void>;
  /** Gives the account another e-mail address, which is then not verified yet. BAD_CREDENTIALS as above. */
  setEmail(actor: Actor, input: { email: string; password: string }): Promise<UserView>;
  /** For operators. Ends the other's sessions and tokens. */
  setRole(actor: Actor, userId: string, role: Actor['role']): Promise<UserView>;
}

export interface ApiKeyView {
  readonly keyId: string;
  readonly name: string;
  /** How the key begins. */
  readonly start: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

export interface ApiKeyServices {
  /** The key is shown this once. */
  create(actor: Actor, input: { name: string; scopes: readonly string[]; expiresInDays: number | null }): Promise<{ key: string; view: ApiKeyView }>;
  list(actor: Actor): Promise<readonly ApiKeyView[]>;
  /** NOT_FOUND for somebody else's. Tokens that were issued for it end too. */
  revoke(actor: Actor, keyId: string): Promise<void>;
  /** A token for a program. BAD_CREDENTIALS where there is no such key. */
  login(key: string, from?: string): Promise<{ user: UserView; token: string; expiresAt: Date; scopes: readonly string[] }>;
}

export interface StoredMailView {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly at: Date;
}

export interface OutboxServices {
  /** For operators: mail that was kept here. Null where mail is really sent. */
  list(actor: Actor): Promise<readonly StoredMailView[] | null>;
}

export interface OauthServices {
  /** Those that this platform has an application for. */
  kinds(): readonly OauthKind[];
  /**
   * Where to send the browser, and the state that must come back from this very browser.
   * @param about `linkTo`: whose account gets the new way in; without it, it is a login.
   */
  begin(kind: OauthKind, about: { linkTo?: Actor; next?: string }, from?: string): Promise<{ url: string; state: string }>;
  /** BAD_CREDENTIALS where the state or the code is not right; ALREADY_EXISTS where the account belongs to somebody else. */
  finish(kind: OauthKind, answer: { state: string; code: string; browserState: string | null; actor: Actor | null }, from?: string): Promise<{ user: UserView; next: string }>;
}
