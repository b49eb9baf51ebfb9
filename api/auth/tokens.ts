import { createLocalJWKSet, errors, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';

export const USER_TOKEN_LIFETIME_MS = 24 * 3_600_000;
export const NODE_TOKEN_LIFETIME_MS = 5 * 60_000;

const ISSUER = 'https://cyxwiz';
const USER_AUDIENCE = 'cyxwiz';
const NODE_AUDIENCE = 'cyxwiz-node';
const ALGORITHM = 'EdDSA';

export type UserRole = 'user' | 'provider' | 'operator';

/** What a program that logged in with an API key may do. `null` is everything: a person's own login. */
export type Scopes = readonly string[] | null;

export interface UserIdentity {
  readonly kind: 'user';
  readonly userId: string;
  readonly role: UserRole;
  readonly scopes: Scopes;
  /** The account's number of withdrawals when this was issued: once it has risen, the token is worth nothing. */
  readonly epoch: number;
  /** The API key that it was issued for, if any. */
  readonly keyId: string | null;
  readonly expiresAtMs: number;
}

export interface NodeIdentity {
  readonly kind: 'node';
  readonly nodeId: string;
  readonly ownerId: string;
  readonly machineId: string;
  /** Task queues that the node may poll through the gateway. */
  readonly queues: readonly string[];
  readonly expiresAtMs: number;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: Date;
}

export interface Tokens {
  /** 24 hours unless told, audience `cyxwiz`. */
  issueUserToken(user: { userId: string; role: UserRole; scopes?: Scopes; epoch?: number; keyId?: string | null; lifetimeMs?: number | undefined }): Promise<IssuedToken>;
  /** 5 minutes, audience `cyxwiz-node`. */
  issueNodeToken(node: { nodeId: string; ownerId: string; machineId: string; queues: readonly string[] }): Promise<IssuedToken>;
  /** Throws TOKEN_EXPIRED where the token was good once, UNAUTHENTICATED for everything else. */
  verify(token: string): Promise<UserIdentity | NodeIdentity>;
  /** Public keys, for `/.well-known/jwks.json`. */
  readonly publicKeys: JSONWebKeySet;
}

const userClaims = z.object({ sub: z.string().min(1), role: z.enum(['user', 'provider', 'operator']), scope: z.string().optional(), epoch: z.int().min(0).default(0), key: z.string().optional() });
const nodeClaims = z.object({
  sub: z.string().min(1),
  ownerId: z.string().min(1),
  machineId: z.string().min(1),
  queues: z.array(z.string()),
});

/**
 * Issues and checks JWTs with Ed25519 keys. The first key signs and all of them verify, so a key is rotated by
 * putting the new one in front (scripts/stack/rotate-jwt-key.ts).
 * @param keys one private JWK with a `kid`, or several, of which all but the first may be public.
 */
export async function createTokens(keys: JWK | readonly JWK[], now: () => Date = () => new Date()): Promise<Tokens> {
  const all = Array.isArray(keys) ? (keys as readonly JWK[]) : [keys as JWK];
  const [signing] = all;
  if (signing?.kid === undefined || signing.d === undefined || all.some((key) => key.kid === undefined || key.crv !== 'Ed25519')) {
    throw new CyxError('INTERNAL', 'keys/jwt.json must hold Ed25519 JWKs with a kid each, the first one with its private half');
  }
  const privateKey = await importJWK(signing, ALGORITHM);
  const publicKeys: JSONWebKeySet = {
    keys: all.map(({ kty, crv, x, kid }) => ({ kty: kty!, crv: crv!, x: x!, kid: kid!, alg: ALGORITHM, use: 'sig' })),
  };
  const keySet = createLocalJWKSet(publicKeys);

  const sign = async (claims: Record<string, unknown>, subject: string, audience: string, lifetimeMs: number): Promise<IssuedToken> => {
    const issuedAtS = Math.floor(now().getTime() / 1000);
    const expiresAtS = issuedAtS + lifetimeMs / 1000;
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, kid: signing.kid!, typ: 'JWT' })
      .setSubject(subject)
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt(issuedAtS)
      .setExpirationTime(expiresAtS)
      .sign(privateKey);
    return { token, expiresAt: new Date(expiresAtS * 1000) };
  };

  return {
    publicKeys,
    issueUserToken: ({ userId, role, scopes = null, epoch = 0, keyId = null, lifetimeMs = USER_TOKEN_LIFETIME_MS }) => {
      const limits = { ...(scopes === null ? {} : { scope: scopes.join(' ') }), ...(epoch === 0 ? {} : { epoch }), ...(keyId === null ? {} : { key: keyId }) };
      return sign({ role, ...limits }, userId, USER_AUDIENCE, lifetimeMs);
    },
    issueNodeToken: ({ nodeId, ownerId, machineId, queues }) =>
      sign({ ownerId, machineId, queues }, nodeId, NODE_AUDIENCE, NODE_TOKEN_LIFETIME_MS),
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, keySet, {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          audience: [USER_AUDIENCE, NODE_AUDIENCE],
          requiredClaims: ['exp', 'sub', 'aud'],
          currentDate: now(),
        });
        const expiresAtMs = payload.exp! * 1000;
        if (payload.aud === USER_AUDIENCE) {
          const claims = userClaims.parse(payload);
          const scopes = claims.scope === undefined ? null : claims.scope.split(' ').filter((scope) => scope !== '');
          return { kind: 'user', userId: claims.sub, role: claims.role, scopes, epoch: claims.epoch, keyId: claims.key ?? null, expiresAtMs };
        }
        const { sub, ...claims } = nodeClaims.parse(payload);
        return { kind: 'node', nodeId: sub, ...claims, expiresAtMs };
      } catch (cause) {
        if (cause instanceof errors.JWTExpired) {
          throw new CyxError('TOKEN_EXPIRED', 'Your login has expired. Log in again.', { cause });
        }
        throw new CyxError('UNAUTHENTICATED', 'This token is not valid here. Log in to get one.', { cause });
      }
    },
  };
}
