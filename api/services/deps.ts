import type { Client } from '@temporalio/client';
import type { Mailer, Outbox } from '#api/auth/mail';
import type { OauthKind, OauthProvider } from '#api/auth/oauth';
import type { Passwords } from '#api/auth/passwords';
import type { BrowserSessions } from '#api/auth/session';
import type { Tokens } from '#api/auth/tokens';
import type { ChallengeSizes } from '#core/hardware/challenge/task';
import type { Mongo } from '#db/mongo/connect';
import type { Postgres } from '#db/postgres/connect';
import type { JobEventListener } from '#db/postgres/listen';
import type { Kms } from '#db/secrets/kms';
import type { ChainReader } from './chain-reader.ts';

/** What the use cases stand on. Built once by a composition root. */
export interface ServiceDeps {
  readonly postgres: Postgres;
  readonly mongo: Mongo;
  readonly temporal: Client;
  readonly tokens: Tokens;
  readonly sessions: BrowserSessions;
  readonly passwords: Passwords;
  readonly kms: Kms;
  readonly chain: ChainReader;
  readonly jobEvents: JobEventListener;
  /** Sites that vouch for people, as far as this platform has an application there. */
  readonly oauth: Partial<Record<OauthKind, OauthProvider>>;
  readonly mail: {
    readonly mailer: Mailer;
    /** Set where mail is kept here instead of being sent. */
    readonly outbox: Outbox | null;
    /** A mail that nobody waits for could not be handed over. */
    readonly onFailure: (error: unknown) => void;
  };
  /** What the website is to its visitors. */
  readonly site: {
    /** Where people reach it, e.g. `https://cyxwiz.example`: wallets and links are bound to it. */
    readonly publicUrl: string;
    /** Solana's name for the chain: `mainnet`, `devnet`, `localnet`, … */
    readonly chainId: string;
    /** New users get test tokens. */
    readonly givesWelcomeCredit: boolean;
  };
  /** How much memory a machine has to fill to show what it can do. */
  readonly challengeSizes: ChallengeSizes;
  /** Base URL of the storage gateway, as nodes reach it. */
  readonly storageUrl: string;
}
