import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { newPerson, startAccountPlatform, type AccountPlatform } from '#api/testing/account-platform';

let platform: AccountPlatform;
beforeAll(async () => {
  platform = await startAccountPlatform(inject('stackEnv'));
}, 60_000);
afterAll(() => platform.close());

type Person = ReturnType<typeof newPerson> & { id: string };
const REFUSED = { code: 'BAD_CREDENTIALS' };

async function newUser(): Promise<Person> {
  const person = newPerson();
  return { ...person, id: (await platform.services.accounts.register(person)).id };
}

/** The token of the newest mail to this address whose link leads to this page. */
async function mailed(to: string, page: string): Promise<string> {
  return vi.waitFor(async () => {
    const mail = (await platform.deps.mail.outbox!.list(100)).find((one) => one.to === to && one.text.includes(`/${page}?`));
    const token = /\?token=([A-Za-z0-9_-]{43})$/m.exec(mail?.text ?? '')?.[1];
    expect(token).toBeDefined();
    return token!;
  });
}

const logIn = ({ username }: Person, password: string) => platform.services.accounts.login({ login: username, password });

describe('verifying an address', () => {
  it('takes the link that came with the sign-up, once', async () => {
    const person = await newUser();
    const token = await mailed(person.email, 'verify-email');
    expect((await platform.call('POST', '/api/auth/verify-email', { body: { token } })).status).toBe(204);
    expect((await logIn(person, person.password)).emailVerified).toBe(true);
    expect((await platform.call('POST', '/api/auth/verify-email', { body: { token } })).json['code']).toBe('BAD_CREDENTIALS');
  });

  it('does not count for another address, nor is a reset link one', async () => {
    const person = await newUser();
    const actor = { userId: person.id, role: 'user' } as const;
    const token = await mailed(person.email, 'verify-email');
    await platform.services.credentials.setEmail(actor, { email: newPerson().email, password: person.password });
    await expect(platform.services.email.verify(token)).rejects.toMatchObject(REFUSED);
    const other = await newUser();
    await platform.services.email.requestReset(other.email);
    await expect(platform.services.email.verify(await mailed(other.email, 'reset-password'))).rejects.toMatchObject(REFUSED);
    expect((await platform.services.accounts.get(actor, person.id)).emailVerified).toBe(false);
  });
});

describe('a forgotten password', () => {
  it('is replaced by the link, which works once and ends every session and token', async () => {
    const person = await newUser();
    const { services } = platform;
    const session = await services.sessions.create(person.id);
    const { token: jwt } = await services.tokens.issueUserToken(await logIn(person, person.password));
    await services.email.requestReset(person.email.toUpperCase());
    const token = await mailed(person.email, 'reset-password');
    const body = { token, password: 'a new password then' };
    expect((await platform.call('GET', '/api/auth/me', { token: jwt })).status).toBe(200);

    const answer = await platform.call('POST', '/api/auth/password-reset/confirm', { body });
    expect(answer.status).toBe(200);
    expect((await platform.call('GET', '/api/auth/me', { token: String(answer.json['token']) })).json['email_verified']).toBe(true);
    expect((await platform.call('GET', '/api/auth/me', { token: jwt })).json['code']).toBe('UNAUTHENTICATED');
    expect(await services.sessions.validate(session.cookie.split(';')[0]!)).toBeNull();
    await expect(logIn(person, person.password)).rejects.toMatchObject(REFUSED);
    await logIn(person, body.password);
    await expect(services.email.resetPassword({ ...body, password: 'a third password' })).rejects.toMatchObject(REFUSED);
  });

  it('can not be replaced by a link that is too old, or by an earlier one after a later one was used', async () => {
    const person = await newUser();
    const { services, mongo } = platform;
    await services.email.requestReset(person.email);
    const first = await mailed(person.email, 'reset-password');
    await services.email.requestReset(person.email);
    const second = await vi.waitFor(async () => {
      const token = await mailed(person.email, 'reset-password');
      expect(token).not.toBe(first);
      return token;
    });
    await services.email.resetPassword({ token: second, password: 'a new password then' });
    await expect(services.email.resetPassword({ token: first, password: 'a third password' })).rejects.toMatchObject(REFUSED);
    await services.email.requestReset(person.email);
    const late = await vi.waitFor(async () => {
      const token = await mailed(person.email, 'reset-password');
      expect([first, second]).not.toContain(token);
      return token;
    });
    await mongo.oneTime.updateMany({ 'data.userId': person.id }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    await expect(services.email.resetPassword({ token: late, password: 'a third password' })).rejects.toMatchObject(REFUSED);
  });

  it('a stolen database holds no link that works', async () => {
    const person = await newUser();
    await platform.services.email.requestReset(person.email);
    const token = await mailed(person.email, 'reset-password');
    const stored = await platform.mongo.oneTime.findOne({ 'data.userId': person.id, purpose: 'reset-password' });
    expect(JSON.stringify(stored)).not.toContain(token);
    await expect(platform.services.email.resetPassword({ token: stored!._id, password: 'a new password then' })).rejects.toMatchObject(REFUSED);
  });

  it('says the same of an address that nobody has', async () => {
    const known = await platform.call('POST', '/api/auth/password-reset', { body: { email: (await newUser()).email } });
    const unknown = await platform.call('POST', '/api/auth/password-reset', { body: { email: newPerson().email } });
    expect([known.status, known.json]).toEqual([unknown.status, unknown.json]);
    expect(known.status).toBe(202);
  });

  it('does not wait for the mail, which would tell', async () => {
    const slow = await startAccountPlatform(inject('stackEnv'), (deps) => ({
      ...deps,
      mail: { ...deps.mail, mailer: { send: () => new Promise(() => undefined) } },
    }));
    const person = newPerson();
    await slow.services.accounts.register(person);
    await slow.services.email.requestReset(person.email);
    await slow.close();
  });

  it('fills nobody’s mailbox', async () => {
    const { email } = newPerson();
    const asks = await Promise.allSettled(Array.from({ length: 7 }, () => platform.services.email.requestReset(email)));
    expect(asks.filter(({ status }) => status === 'rejected')).toHaveLength(2);
  });
});

describe('passwords', () => {
  it('are hashed anew at a login when the parameters have changed, and only then', async () => {
    const person = await newUser();
    const { users } = platform.mongo;
    const old = await hash(person.password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await users.updateOne({ _id: person.id }, { $set: { passwordHash: old } });
    await expect(logIn(person, 'not the password')).rejects.toMatchObject(REFUSED);
    expect((await users.findOne({ _id: person.id }))?.passwordHash).toBe(old);
    await logIn(person, person.password);
    const renewed = (await users.findOne({ _id: person.id }))!.passwordHash!;
    expect(renewed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await logIn(person, person.password);
    expect((await users.findOne({ _id: person.id }))?.passwordHash).toBe(renewed);
  });

  it('are changed by who knows the current one, which ends the other logins', async () => {
    const person = await newUser();
    const { services } = platform;
    const actor = { userId: person.id, role: 'user' } as const;
    const { token } = await services.tokens.issueUserToken(await logIn(person, person.password));
    await expect(services.credentials.setPassword(actor, { current: 'wrong', password: 'a new password then' })).rejects.toMatchObject(REFUSED);
    await services.credentials.setPassword(actor, { current: person.password, password: 'a new password then' });
    expect((await platform.call('GET', '/api/auth/me', { token })).status).toBe(401);
    await logIn(person, 'a new password then');
  });

  it('a login takes as long where nobody has the name as where the password is wrong', async () => {
    const person = await newUser();
    const timeMs = async (login: string): Promise<number> => {
      const started = performance.now();
      await expect(platform.services.accounts.login({ login, password: 'wrong' })).rejects.toMatchObject(REFUSED);
      return performance.now() - started;
    };
    const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let round = 0; round < 15; round += 1) {
      known.push(await timeMs(person.username));
      unknown.push(await timeMs(`${person.username}-x`));
    }
    const ratio = median(known) / median(unknown);
    // Argon2 alone is most of it; without the decoy hash the ratio is above 5.
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});
