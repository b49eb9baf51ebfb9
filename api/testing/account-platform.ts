import { randomBytes, randomUUID, sign, createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Keypair } from '@solana/web3.js';
import type { JWK } from 'jose';
import { bootstrapLocalnet } from '#activities/platform/chain/bootstrap';
import { createOutbox } from '#api/auth/mail';
import { createPasswords } from '#api/auth/passwords';
import { createBrowserSessions } from '#api/auth/session';
import { createTokens } from '#api/auth/tokens';
import { createHttpApp, type HttpAppOptions } from '#api/http/app';
import { startHttpServer } from '#api/http/server';
import type { SignedChallenge, WalletChallenge } from '#api/services/account-types';
import { createChainReader } from '#api/services/chain-reader';
import type { ServiceDeps } from '#api/services/deps';
import { createServices } from '#api/services/services';
import type { Services } from '#api/services/types';
import { parseConfig } from '#core/config/config';
import type { Env } from '#core/config/values';
import { CHALLENGE_SIZES } from '#core/hardware/challenge/task';
import { signInMessage } from '#core/identity/sign-in-message';
import { connectMongo, type Mongo } from '#db/mongo/connect';
import { connectPostgres, migrate } from '#db/postgres/connect';
import { createJobEventListener } from '#db/postgres/listen';
import { createLocalKms } from '#db/secrets/kms';
import { createTemporalClient } from '#temporal/client/connect';
import { createTestFaucet } from './faucet.ts';

/** What a call answered; a body that is no JSON is an empty object. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

export interface AccountPlatform {
  readonly services: Services;
  readonly mongo: Mongo;
  readonly deps: ServiceDeps;
  readonly url: string;
  call(method: string, path: string, options?: { token?: string | undefined; body?: unknown; headers?: Record<string, string> }): Promise<Answer>;
  /** Gives a wallet CYXWIZ on the chain. */
  fund(owner: Keypair, amountBase: bigint): Promise<void>;
  close(): Promise<void>;
}

/** Makes the pages that are served beside the API, as the last resort of the HTTP app. */
export type WebsiteOf = (services: Services, publicUrl: string) => NonNullable<HttpAppOptions['fallback']>;

/** The API process' use cases and HTTP edge over the running servers of the `integration` project. */
export async function startAccountPlatform(env: Env, change: (deps: ServiceDeps) => ServiceDeps = (deps) => deps, website?: WebsiteOf): Promise<AccountPlatform> {
  const config = parseConfig(env);
  const onError = (): void => undefined;
  const postgres = connectPostgres({ url: config.databaseUrl, onError });
  await migrate(postgres);
  const mongo = await connectMongo({ uri: config.mongodbUri });
  const temporal = await createTemporalClient(config.temporal);
  const jobEvents = createJobEventListener({ url: config.databaseUrl, onError });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'cyxwiz-accounts-'));
  const outbox = createOutbox(folder);
  const deps = change({
    postgres,
    mongo,
    temporal,
    jobEvents,
    tokens: await createTokens(JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK | JWK[]),
    sessions: createBrowserSessions(mongo, { secure: false }),
    passwords: createPasswords(),
    kms: createLocalKms(randomBytes(32)),
    chain: createChainReader({ rpcUrl: config.solanaRpcUrl }),
    oauth: {},
    mail: { mailer: outbox, outbox, onFailure: onError },
    site: { publicUrl: website === undefined ? config.publicUrls.web : url, chainId: config.solanaChainId, givesWelcomeCredit: config.embedded.solana },
    storageUrl: config.storageUrl,
    challengeSizes: { ...CHALLENGE_SIZES, cpuMib: config.challengeCpuMib },
  });
  const services = createServices(deps);
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const server = await startHttpServer({ app: createHttpApp(services, { log: quiet, ...(website === undefined ? {} : { fallback: website(services, url) }) }), host: '127.0.0.1', port });

  const faucet = createTestFaucet(config);
  await bootstrapLocalnet(faucet.connection, faucet.keys);

  return {
    services,
    mongo,
    deps,
    url,
    call: async (method, path, { token, body, headers } = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {} };
    },
    fund: (owner, amountBase) => faucet.fund(owner.publicKey, amountBase),
    close: async () => {
      await server.close();
      // A mail that nobody waits for may still be put into it.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      await jobEvents.close();
      await temporal.connection.close();
      await Promise.all([postgres.close(), mongo.close()]);
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

export function newPerson(): { email: string; username: string; password: string } {
  const username = `acc-${randomUUID().slice(0, 8)}`;
  return { email: `${username}@example.com`, username, password: 'four unrelated words here' };
}

/** What a wallet does when its owner agrees. */
export function signWith(wallet: Keypair, challenge: WalletChallenge, change: Partial<WalletChallenge> = {}): SignedChallenge {
  const address = wallet.publicKey.toBase58();
  const message = signInMessage({ address, ...challenge, ...change });
  return { address, message, signature: signText(wallet, message) };
}

export function signText(wallet: Keypair, text: string): string {
  const [d, x] = [wallet.secretKey.slice(0, 32), wallet.publicKey.toBytes()].map((bytes) => Buffer.from(bytes).toString('base64url'));
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d: d!, x: x! }, format: 'jwk' });
  return sign(null, Buffer.from(text), key).toString('base64');
}
