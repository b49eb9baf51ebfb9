import { Keypair } from '@solana/web3.js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPerson, signText, signWith, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import type { Actor } from './types.ts';

let platform: AccountPlatform;
beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
}, 60_000);
afterAll(() => platform.close());

const walletLogin = () => platform.services.walletLogin;
const REFUSED = { code: 'BAD_CREDENTIALS' };

async function newUser(): Promise<Actor & { username: string; password: string }> {
  const person = newPerson();
  const { id } = await platform.services.accounts.register(person);
  return { userId: id, role: 'user', ...person };
}

describe('logging in with a wallet', () => {
  it('over HTTP: nonce, signature, then a token, the profile and the balance on chain', async () => {
    const wallet = Keypair.generate();
    await platform.fund(wallet, 12_500_000_000n);
    const nonce = (await platform.call('POST', '/api/auth/wallet/nonce')).json;
    expect(nonce['statement']).toBe(`Login to CyxWiz: nonce=${String(nonce['nonce'])}`);
    const challenge = { ...nonce, chainId: nonce['chain_id'], issuedAt: nonce['issued_at'], expirationTime: nonce['expiration_time'] };
    const answer = await platform.call('POST', '/api/auth/wallet/login', { body: signWith(wallet, challenge as never) });
    expect(answer.status).toBe(200);
    const address = wallet.publicKey.toBase58();
    expect(answer.json['wallet']).toEqual({ address, balance_base: '12500000000' });
    const me = await platform.call('GET', '/api/auth/me', { token: String(answer.json['token']) });
    expect(me.json).toMatchObject({ username: `wallet-${address.slice(0, 8)}`, email: null, role: 'user' });
  });

  it('the same wallet comes back to the same account', async () => {
    const wallet = Keypair.generate();
    const first = await walletLogin().login(signWith(wallet, await walletLogin().challenge()));
    const again = await walletLogin().login(signWith(wallet, await walletLogin().challenge()));
    expect([first.isNew, again.isNew, again.user.id]).toEqual([true, false, first.user.id]);
  });

  it('the same new wallet in two windows at once makes one account', async () => {
    const wallet = Keypair.generate();
    const challenges = await Promise.all([walletLogin().challenge(), walletLogin().challenge()]);
    const logins = await Promise.all(challenges.map((challenge) => walletLogin().login(signWith(wallet, challenge))));
    expect(logins[0]!.user.id).toBe(logins[1]!.user.id);
  });

  it('takes another name where the first is taken', async () => {
    const wallet = Keypair.generate();
    const wish = `wallet-${wallet.publicKey.toBase58().slice(0, 8)}`;
    await platform.services.accounts.register({ ...newPerson(), username: wish });
    const { user } = await walletLogin().login(signWith(wallet, await walletLogin().challenge()));
    expect(user.username).toMatch(new RegExp(`^${wish}-[0-9a-f]{6}$`));
  });
});

describe('a signature is worth nothing', () => {
  it('a second time: the nonce is used up', async () => {
    const signed = signWith(Keypair.generate(), await walletLogin().challenge());
    await walletLogin().login(signed);
    await expect(walletLogin().login(signed)).rejects.toMatchObject(REFUSED);
  });

  it('many times at once: one gets in', async () => {
    const signed = signWith(Keypair.generate(), await walletLogin().challenge());
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => walletLogin().login(signed)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('after five minutes', async () => {
    const challenge = await walletLogin().challenge();
    expect(Date.parse(challenge.expirationTime) - Date.parse(challenge.issuedAt)).toBe(5 * 60_000);
    await platform.mongo.oneTime.updateOne({ 'data.statement': challenge.statement }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    await expect(walletLogin().login(signWith(Keypair.generate(), challenge))).rejects.toMatchObject(REFUSED);
  });

  it('made for another site, chain, time or statement', async () => {
    for (const change of [{ domain: 'evil.example' }, { uri: 'https://evil.example' }, { chainId: 'mainnet' }, { expirationTime: '2099-01-01T00:00:00.000Z' }, { statement: 'Free tokens' }]) {
      const signed = signWith(Keypair.generate(), await walletLogin().challenge(), change);
      await expect(walletLogin().login(signed), JSON.stringify(change)).rejects.toMatchObject(REFUSED);
    }
  });

  it('made by another wallet, over another text, or made up', async () => {
    const wallet = Keypair.generate();
    const good = async () => signWith(wallet, await walletLogin().challenge());
    const byOther = { ...(await good()), address: Keypair.generate().publicKey.toBase58() };
    const otherText = { ...(await good()), signature: signText(wallet, 'hello') };
    const zero = { ...(await good()), signature: Buffer.alloc(64).toString('base64') };
    const madeUp = signWith(wallet, { ...(await walletLogin().challenge()), nonce: 'ab'.repeat(32) });
    for (const signed of [byOther, otherText, zero, madeUp]) await expect(walletLogin().login(signed)).rejects.toMatchObject(REFUSED);
  });

  it('for an address that no key has', async () => {
    const signed = signWith(Keypair.generate(), await walletLogin().challenge());
    for (const address of ['0'.repeat(40), 'A'.repeat(33), '4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofMz']) {
      await expect(walletLogin().login({ ...signed, address }), address).rejects.toMatchObject({ code: expect.stringMatching(/INVALID_INPUT|UNPROCESSABLE|BAD_CREDENTIALS/) as string });
    }
  });
});

describe('linking', () => {
  it('opens the account with the wallet, and can be undone', async () => {
    const actor = await newUser();
    const wallet = Keypair.generate();
    const linked = await walletLogin().link(actor, signWith(wallet, await walletLogin().linkChallenge(actor)));
    expect(linked).toMatchObject({ kind: 'wallet', label: wallet.publicKey.toBase58(), isRemovable: true });
    expect((await walletLogin().login(signWith(wallet, await walletLogin().challenge()))).user.id).toBe(actor.userId);
    await platform.services.loginMethods.unlink(actor, linked.id);
    expect((await walletLogin().login(signWith(wallet, await walletLogin().challenge()))).user.id).not.toBe(actor.userId);
  });

  it('takes no login signature, nobody else’s link and no wallet of another account', async () => {
    const [actor, other] = [await newUser(), await newUser()];
    const wallet = Keypair.generate();
    await expect(walletLogin().link(actor, signWith(wallet, await walletLogin().challenge()))).rejects.toMatchObject(REFUSED);
    await expect(walletLogin().link(other, signWith(wallet, await walletLogin().linkChallenge(actor)))).rejects.toMatchObject(REFUSED);
    await expect(walletLogin().login(signWith(wallet, await walletLogin().linkChallenge(actor)))).rejects.toMatchObject(REFUSED);
    await walletLogin().link(actor, signWith(wallet, await walletLogin().linkChallenge(actor)));
    await expect(walletLogin().link(other, signWith(wallet, await walletLogin().linkChallenge(other)))).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('never lets go of the last way in, not even when two are let go at once', async () => {
    const { user } = await walletLogin().login(signWith(Keypair.generate(), await walletLogin().challenge()));
    const actor: Actor = { userId: user.id, role: 'user' };
    const { loginMethods } = platform.services;
    const [only] = await loginMethods.list(actor);
    expect(only!.isRemovable).toBe(false);
    await expect(loginMethods.unlink(actor, only!.id)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await walletLogin().link(actor, signWith(Keypair.generate(), await walletLogin().linkChallenge(actor)));
    const both = await loginMethods.list(actor);
    const results = await Promise.allSettled(both.map(({ id }) => loginMethods.unlink(actor, id)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await loginMethods.list(actor)).toHaveLength(1);
  });

  it('keeps a password where it is the only other way', async () => {
    const actor = await newUser();
    await expect(platform.services.loginMethods.unlink(actor, 'password')).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    await walletLogin().link(actor, signWith(Keypair.generate(), await walletLogin().linkChallenge(actor)));
    await platform.services.loginMethods.unlink(actor, 'password');
    await expect(platform.services.accounts.login({ login: actor.username, password: actor.password })).rejects.toMatchObject(REFUSED);
  });
});
