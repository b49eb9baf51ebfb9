import { randomUUID } from 'node:crypto';
import { Keypair } from '@solana/web3.js';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { welcomeCreditKey } from '#db/postgres/onboarding';
import { recordTransfer } from '#db/postgres/ledger';
import { insertWallet } from '#db/postgres/wallets';
import { startAccountPlatform, type AccountPlatform } from '../testing/account-platform.ts';
import { createOnboarding } from './onboarding.ts';

let platform: AccountPlatform;
beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'), (deps) => ({ ...deps, site: { ...deps.site, givesWelcomeCredit: true } }));
});
afterAll(() => platform.close());

const actor = () => ({ userId: randomUUID(), role: 'user' as const });
const doneOf = async (who: ReturnType<typeof actor>) =>
  (await platform.services.onboarding.steps(who)).flatMap(({ step, done }) => (done ? [step] : []));

it('goes on by what is really there: a wallet, its credit, a machine', async () => {
  const who = actor();
  const { db } = platform.deps.postgres;
  expect((await platform.services.onboarding.steps(who)).map(({ step }) => step)).toEqual(['wallet', 'welcomeCredit', 'firstJobOrMachine']);
  expect(await doneOf(who)).toEqual([]);

  const address = Keypair.generate().publicKey.toBase58();
  await insertWallet(db, { userId: who.userId, address, kind: 'managed', secretWrapped: 'wrapped' });
  expect(await doneOf(who)).toEqual(['wallet']);

  const credit = { from: 'mint', to: `wallet:${address}`, currency: 'CYXWIZ', amountBase: 5n, purpose: 'welcome-credit', signature: 'signature', userId: who.userId } as const;
  await recordTransfer(db, { ...credit, transferKey: welcomeCreditKey(who.userId) });
  expect(await doneOf(who)).toEqual(['wallet', 'welcomeCredit']);

  const hardware = { cpus: [{ name: 'cpu', cores: 1, threads: 1 }], gpus: [], ramTotalMb: 1 };
  await platform.services.machines.register(who, { ownerId: who.userId, hostname: 'first', os: 'Linux', hardware });
  expect(await doneOf(who)).toEqual(['wallet', 'welcomeCredit', 'firstJobOrMachine']);
  expect(await doneOf(actor())).toEqual([]);
});

it('names no credit where the platform gives none', async () => {
  const without = createOnboarding({ ...platform.deps, site: { ...platform.deps.site, givesWelcomeCredit: false } });
  expect((await without.steps(actor())).map(({ step }) => step)).toEqual(['wallet', 'firstJobOrMachine']);
});
