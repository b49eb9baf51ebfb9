import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTokens, NODE_TOKEN_LIFETIME_MS, USER_TOKEN_LIFETIME_MS, type Tokens } from './tokens.ts';

async function newKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { ...(await exportJWK(privateKey)), kid };
}

const node = { nodeId: 'n1', ownerId: 'u1', machineId: 'machine-1', queues: ['train.cpu', 'node.n1'] };

describe('tokens', () => {
  let key: JWK;
  let tokens: Tokens;
  let nowMs = Date.UTC(2026, 0, 1);
  beforeAll(async () => {
    key = await newKey('first');
    tokens = await createTokens(key, () => new Date(nowMs));
  });

  it('says who a user and who a node is', async () => {
    const user = await tokens.issueUserToken({ userId: 'u1', role: 'provider' });
    expect(await tokens.verify(user.token)).toEqual({ kind: 'user', userId: 'u1', role: 'provider', scopes: null, epoch: 0, keyId: null, expiresAtMs: nowMs + USER_TOKEN_LIFETIME_MS });
    const limited = await tokens.issueUserToken({ userId: 'u1', role: 'user', scopes: ['read', 'jobs'], epoch: 3, keyId: 'k1' });
    expect(await tokens.verify(limited.token)).toMatchObject({ scopes: ['read', 'jobs'], epoch: 3, keyId: 'k1' });
    expect(await tokens.verify((await tokens.issueUserToken({ userId: 'u1', role: 'user', scopes: [] })).token)).toMatchObject({ scopes: [] });
    const brief = await tokens.issueUserToken({ userId: 'u1', role: 'user', lifetimeMs: 60_000 });
    expect(await tokens.verify(brief.token)).toMatchObject({ expiresAtMs: nowMs + 60_000 });
    const issued = await tokens.issueNodeToken(node);
    expect(await tokens.verify(issued.token)).toEqual({ kind: 'node', ...node, expiresAtMs: nowMs + NODE_TOKEN_LIFETIME_MS });
  });

  it('tells an expired token from a bad one', async () => {
    const { token } = await tokens.issueNodeToken(node);
    nowMs += NODE_TOKEN_LIFETIME_MS + 1_000;
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    await expect(tokens.verify('not.a.token')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('refuses another key, algorithm, issuer, audience or a changed claim', async () => {
    const stranger = await createTokens(await newKey('first'), () => new Date(nowMs));
    const hmac = (claims: object, alg: string) =>
      new SignJWT({ ...claims, role: 'operator' }).setProtectedHeader({ alg, kid: 'first' }).setSubject('u1').setIssuedAt(nowMs / 1000).setExpirationTime('1 day').sign(new TextEncoder().encode(key.x!.padEnd(32, '.')));
    const own = await tokens.issueUserToken({ userId: 'u1', role: 'user' });
    const [header, payload, signature] = own.token.split('.');
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
    const forged = [header, Buffer.from(JSON.stringify({ ...claims, role: 'operator' })).toString('base64url'), signature].join('.');
    const none = [Buffer.from('{"alg":"none","kid":"first"}').toString('base64url'), payload, ''].join('.');
    const bad = [
      (await stranger.issueUserToken({ userId: 'u1', role: 'operator' })).token,
      await hmac({ iss: 'https://cyxwiz', aud: 'cyxwiz' }, 'HS256'),
      forged,
      none,
    ];
    for (const token of bad) await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('keeps verifying with an old key after a rotation, and publishes no secret', async () => {
    const old = await tokens.issueUserToken({ userId: 'u1', role: 'user' });
    const rotated = await createTokens([await newKey('second'), key], () => new Date(nowMs));
    expect(await rotated.verify(old.token)).toMatchObject({ userId: 'u1' });
    expect(rotated.publicKeys.keys.map(({ kid, d }) => [kid, d])).toEqual([['second', undefined], ['first', undefined]]);
  });

  it('does not start without a usable key', async () => {
    await expect(createTokens([])).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(createTokens({ ...key, d: undefined })).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
