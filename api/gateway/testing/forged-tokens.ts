import { createHmac, createPublicKey } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';

export interface ForgedTokens {
  readonly forged: readonly (readonly [name: string, token: string])[];
  /** The platform's own signature, out of date. */
  readonly expired: string;
}

/** Tokens that say they are `nodeId`'s, none of them good. @param key the platform's; @param own a good token of somebody else. */
export async function forgeNodeTokens({ key, own, nodeId, claims }: { key: JWK; own: string; nodeId: string; claims: { ownerId: string; machineId: string; queues: string[] } }): Promise<ForgedTokens> {
  const now = Math.floor(Date.now() / 1000);
  const sign = async (jwk: JWK, audience = 'cyxwiz-node', endsAt = now + 300): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid! })
      .setSubject(nodeId)
      .setIssuer('https://cyxwiz')
      .setAudience(audience)
      .setIssuedAt(endsAt - 300)
      .setExpirationTime(endsAt)
      .sign(await importJWK(jwk, 'EdDSA'));
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = part({ ...claims, sub: nodeId, iss: 'https://cyxwiz', aud: 'cyxwiz-node', iat: now, exp: now + 300 });
  const symmetric = `${part({ alg: 'HS256', kid: key.kid })}.${body}`;
  const publicPem = createPublicKey({ key: key as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const other = await exportJWK((await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })).privateKey);
  const [head, , signature] = own.split('.');
  return {
    forged: [
      ['no algorithm', `${part({ alg: 'none', kid: key.kid })}.${body}.`],
      ['another key', await sign(other)],
      ['a secret made of the public key', `${symmetric}.${createHmac('sha256', publicPem).update(symmetric).digest('base64url')}`],
      ['other claims under its own signature', `${head}.${body}.${signature}`],
      ['another audience', await sign(key, 'somebody-else')],
      ['rubbish', 'x.y.z'],
    ],
    expired: await sign(key, 'cyxwiz-node', now - 1),
  };
}
