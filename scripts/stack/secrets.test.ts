import { createPublicKey, createPrivateKey, sign, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keypair } from '@solana/web3.js';
import { SignJWT, importJWK, jwtVerify, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureSecrets, type SecretFiles } from './secrets.ts';

let folder: string;
beforeEach(() => (folder = join(mkdtempSync(join(tmpdir(), 'cyxwiz-keys-')), 'keys')));
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('ensureSecrets', () => {
  it('makes every key readable by its owner alone', async () => {
    const files = await ensureSecrets(folder);
    expect(modeOf(folder)).toBe(0o700);
    expect(Object.values(files).map(modeOf)).toEqual([0o600, 0o600, 0o600, 0o600, 0o600]);
    expect(readdirSync(folder).sort()).toEqual(['faucet.json', 'jwt.json', 'kms.key', 'payload-codec.json', 'platform-authority.json']);
  });

  it('makes keys that work where they are used', async () => {
    const files = await ensureSecrets(folder);
    const jwk = JSON.parse(readFileSync(files.jwt, 'utf8')) as JWK & { kid: string };
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid }).setSubject('u').sign(await importJWK(jwk));
    const { d: _, ...publicJwk } = jwk;
    expect((await jwtVerify(token, await importJWK(publicJwk, 'EdDSA'))).payload.sub).toBe('u');
    const keypair = Keypair.fromSecretKey(Uint8Array.from(JSON.parse(readFileSync(files.faucet, 'utf8')) as number[]));
    expect(keypair.secretKey).toHaveLength(64); // fromSecretKey has checked that its halves belong together
    expect(Buffer.from(readFileSync(files.kms, 'utf8'), 'base64')).toHaveLength(32);
  });

  it('makes a JWK whose halves belong together', async () => {
    const jwk = JSON.parse(readFileSync((await ensureSecrets(folder)).jwt, 'utf8')) as Record<string, string>;
    const message = Buffer.from('m');
    const signature = sign(null, message, createPrivateKey({ key: jwk, format: 'jwk' }));
    const { d: _, ...half } = jwk;
    expect(verify(null, message, createPublicKey({ key: half, format: 'jwk' }), signature)).toBe(true);
  });

  it('leaves keys that are there alone, also when several processes begin at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => ensureSecrets(folder)));
    const read = (files: SecretFiles | undefined): string[] => Object.values({ ...files }).map((file: string) => readFileSync(file, 'utf8'));
    const before = read(all[0]);
    await ensureSecrets(folder);
    expect(read(all[0])).toEqual(before);
    expect(new Set(before).size).toBe(5);
  });

  it('closes a key file that was opened to others', async () => {
    const files = await ensureSecrets(folder);
    chmodSync(files.kms, 0o644);
    await ensureSecrets(folder);
    expect(modeOf(files.kms)).toBe(0o600);
  });

  it.each(['jwt', 'kms', 'platformAuthority', 'faucet', 'payloadCodec'] as const)('refuses a broken %s and does not replace it', async (name) => {
    const files = await ensureSecrets(folder);
    writeFileSync(files[name], 'half a k');
    await expect(ensureSecrets(folder)).rejects.toThrow(files[name]);
    expect(readFileSync(files[name], 'utf8')).toBe('half a k');
  });
});
