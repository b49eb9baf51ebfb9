import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { CyxError } from '#core/errors/cyx-error';
import { isPayloadKeyring, newPayloadKey } from '#temporal/codec/keyring';

/** The files of the platform's own keys, all readable by its user alone. */
export interface SecretFiles {
  /** Ed25519 private key as a JWK with `kid`: signs the platform's tokens. Several where it was rotated: the first one signs. */
  readonly jwt: string;
  /** 32 bytes as base64: wraps the keys of managed wallets. */
  readonly kms: string;
  /** Solana keypairs as the JSON array of 64 bytes that Solana's own tools write. */
  readonly platformAuthority: string;
  readonly faucet: string;
  /** Keyring of `temporal/codec`: encrypts what the platform gives to Temporal. */
  readonly payloadCodec: string;
}

const OWNER_ONLY = 0o600;

/** Makes what is missing, checks what is there, and never writes over a key: that would lock money away. */
export async function ensureSecrets(keysDir: string): Promise<SecretFiles> {
  mkdirSync(keysDir, { recursive: true, mode: 0o700 });
  chmodSync(keysDir, 0o700);
  const files = {
    jwt: join(keysDir, 'jwt.json'),
    kms: join(keysDir, 'kms.key'),
    platformAuthority: join(keysDir, 'platform-authority.json'),
    faucet: join(keysDir, 'faucet.json'),
    payloadCodec: join(keysDir, 'payload-codec.json'),
  };
  if (!existsSync(files.jwt)) createOnce(files.jwt, `${JSON.stringify(await newJwtKey())}\n`);
  if (!existsSync(files.kms)) createOnce(files.kms, `${randomBytes(32).toString('base64')}\n`);
  if (!existsSync(files.payloadCodec)) createOnce(files.payloadCodec, newPayloadKeyring());
  for (const file of [files.platformAuthority, files.faucet]) if (!existsSync(file)) createOnce(file, newSolanaKeypair());
  check(files.jwt, (text) => areJwtKeys(JSON.parse(text)));
  check(files.kms, (text) => Buffer.from(text.trim(), 'base64').length === 32);
  check(files.payloadCodec, (text) => isPayloadKeyring(JSON.parse(text)));
  for (const file of [files.platformAuthority, files.faucet]) check(file, (text) => isKeypair(JSON.parse(text)));
  return files;
}

/**
 * The file appears complete or not at all, and the first of two processes wins: a link to a finished file
 * fails where the name is taken, which a rename would not.
 */
function createOnce(file: string, text: string): void {
  const half = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const fd = openSync(half, 'wx', OWNER_ONLY);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(half, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(half, { force: true });
  }
}

function check(file: string, isGood: (text: string) => boolean): void {
  let good: boolean;
  try {
    good = isGood(readFileSync(file, 'utf8'));
  } catch {
    good = false;
  }
  if (!good) {
    throw new CyxError('INTERNAL', `The key file ${file} can not be read. Put back a copy of it; if its key protects nothing you need, remove the file and start again.`);
  }
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, OWNER_ONLY);
}

export async function newJwtKey(): Promise<JWK & { kid: string }> {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return { ...jwk, alg: 'EdDSA', use: 'sig', kid };
}

/** Whether the file of token keys may hold this: a private key, or several keys of which the first is private. */
export function areJwtKeys(value: unknown): boolean {
  const keys = [value].flat() as (JWK | null)[];
  return typeof keys[0]?.d === 'string' && keys.every((key) => typeof key?.kid === 'string' && typeof key.x === 'string');
}

function newPayloadKeyring(): string {
  const { id, secret } = newPayloadKey();
  return `${JSON.stringify({ active: id, keys: { [id]: secret } }, null, 1)}\n`;
}

function newSolanaKeypair(): string {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as { d: string; x: string };
  const bytes = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
  return `${JSON.stringify([...bytes])}\n`;
}

function isKeypair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 64 && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
}
