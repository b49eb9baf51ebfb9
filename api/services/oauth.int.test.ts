import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createOauthProviders, type OauthKind } from '#api/auth/oauth';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';
import { newSitePerson, startOauthSites, type OauthSites } from '#api/testing/oauth-sites';
import type { Actor } from './types.ts';

let sites: OauthSites;
let platform: AccountPlatform;

const REFUSED = { code: 'BAD_CREDENTIALS' };

beforeAll(async () => {
  sites = await startOauthSites();
  platform = await startAccountPlatform(inject('stackEnv'), (deps) => ({ ...deps, oauth: createOauthProviders(sites.applications, (kind) => `http://127.0.0.1/login/${kind}/callback`) }));
}, 60_000);
afterAll(async () => {
  await platform.close();
  await sites.stop();
});
beforeEach(() => {
  sites.person = newSitePerson();
  sites.tampering = {};
});

/** Goes to the site and comes back, as a browser does. */
async function visit(kind: OauthKind, about: { linkTo?: Actor; next?: string } = {}) {
  const { url, state: browserState } = await platform.services.oauth.begin(kind, about);
  const back = new URL((await fetch(url, { redirect: 'manual' })).headers.get('location')!);
  expect(back.pathname).toBe(`/login/${kind}/callback`);
  return { state: back.searchParams.get('state')!, code: back.searchParams.get('code')!, browserState, actor: about.linkTo ?? null };
}
const logIn = async (kind: OauthKind, about: { linkTo?: Actor; next?: string } = {}) => platform.services.oauth.finish(kind, await visit(kind, about));
async function newUser() {
  const made = newPerson();
  const { id } = await platform.services.accounts.register(made);
  return { ...made, userId: id, role: 'user' as const };
}

for (const kind of ['github', 'google'] as const) {
  describe(`logging in with ${kind}`, () => {
    it('makes an account with the profile’s name and its verified address, and comes back to it', async () => {
      const { user, next } = await logIn(kind, { next: '/jobs' });
      expect(user).toMatchObject({ username: sites.person.name, email: sites.person.email, emailVerified: true });
      expect(next).toBe('/jobs');
      // People change their names and addresses; the subject stays.
      Object.assign(sites.person, { name: 'another-name', email: `new-${sites.person.email}` });
      expect((await logIn(kind)).user.id).toBe(user.id);
    });

    it('takes no address that the site has not verified', async () => {
      sites.person.verified = false;
      expect((await logIn(kind)).user).toMatchObject({ email: null, emailVerified: false });
    });

    it('opens an account of the same address only where both have verified it', async () => {
      const owner = await newUser();
      sites.person.email = owner.email;
      // Anybody may have typed this address in: it must not lead into the account of whoever did.
      await expect(logIn(kind)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      await platform.mongo.users.updateOne({ _id: owner.userId }, { $set: { emailVerifiedAt: new Date() } });
      sites.person.verified = false;
      expect((await logIn(kind)).user.id).not.toBe(owner.userId);
      Object.assign(sites.person, { verified: true, sub: String(Number(sites.person.sub) + 1) });
      expect((await logIn(kind)).user.id).toBe(owner.userId);
    });

    it('uses a state once, in the browser that it was given to, for the site that it was made for', async () => {
      const { finish } = platform.services.oauth;
      const answer = await visit(kind);
      await finish(kind, answer);
      await expect(finish(kind, answer)).rejects.toMatchObject(REFUSED);
      for (const browserState of [null, (await visit(kind)).state]) await expect(finish(kind, { ...(await visit(kind)), browserState })).rejects.toMatchObject(REFUSED);
      await expect(finish(kind === 'github' ? 'google' : 'github', await visit(kind))).rejects.toMatchObject(REFUSED);
    });

    it('takes no code that was made for another login', async () => {
      const [mine, stolen] = [await visit(kind), await visit(kind)];
      await expect(platform.services.oauth.finish(kind, { ...mine, code: stolen.code })).rejects.toMatchObject(REFUSED);
    });
  });
}

describe('linking', () => {
  it('gives an account another way in, for its owner alone, and lets go of it again', async () => {
    const [owner, other] = [await newUser(), await newUser()];
    const stolen = await visit('github', { linkTo: owner });
    await expect(platform.services.oauth.finish('github', { ...stolen, actor: other })).rejects.toMatchObject(REFUSED);
    await expect(platform.services.oauth.finish('github', { ...(await visit('github', { linkTo: owner })), actor: null })).rejects.toMatchObject(REFUSED);
    expect((await logIn('github', { linkTo: owner })).user.id).toBe(owner.userId);
    expect((await logIn('github')).user.id).toBe(owner.userId);
    await expect(logIn('github', { linkTo: other })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await platform.services.loginMethods.unlink(owner, `github:${sites.person.sub}`);
    expect((await logIn('github')).user.id).not.toBe(owner.userId);
  });
});

describe('an ID token is refused', () => {
  it.each([
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another application', { aud: 'another' }],
    ['that has expired', { exp: 1_000_000_000 }],
    ['of another login', { nonce: 'another' }],
  ])('%s', async (_name, change) => {
    sites.tampering = change;
    await expect(logIn('google')).rejects.toMatchObject(REFUSED);
  });

  it('signed with a key that the site does not publish', async () => {
    const answer = await visit('google');
    sites.google.service.once('beforeResponse', (response: { body: Record<string, unknown> }) => {
      const [head, body] = String(response.body['id_token']).split('.');
      response.body['id_token'] = `${head}.${body}.${Buffer.alloc(256, 1).toString('base64url')}`;
    });
    await expect(platform.services.oauth.finish('google', answer)).rejects.toMatchObject(REFUSED);
  });
});
