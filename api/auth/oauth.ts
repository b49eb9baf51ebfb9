import { CodeChallengeMethod, OAuth2Client, OAuth2RequestError } from 'arctic';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';

export type OauthKind = 'github' | 'google';

/** An application that was registered at a provider. */
export interface OauthApplication {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the provider is: `https://github.com`, `https://accounts.google.com`, or another one that speaks the same. */
  readonly issuer: string;
}
export interface GithubApplication extends OauthApplication {
  /** `https://api.github.com`. */
  readonly apiUrl: string;
}
export interface OauthApplications {
  readonly github?: GithubApplication;
  readonly google?: OauthApplication;
}

/** Whom a provider vouches for. */
export interface OauthProfile {
  /** Never changes and is never given to another: unlike names and addresses. */
  readonly subject: string;
  readonly label: string;
  readonly usernameWish: string;
  /** Only an address that the provider itself has verified. */
  readonly verifiedEmail: string | null;
}

/** Belong to one login: the state to the browser, the verifier and the nonce to its code. */
export interface OauthSecrets {
  readonly verifier: string;
  readonly nonce: string;
}

export interface OauthProvider {
  authorizationUrl(state: string, secrets: OauthSecrets): Promise<string>;
  /** BAD_CREDENTIALS where the provider does not take the code or says something that can not be believed. */
  identify(code: string, secrets: OauthSecrets): Promise<OauthProfile>;
}

const TIMEOUT_MS = 10_000;

/** @param callbackOf the address that the provider sends the browser back to. */
export function createOauthProviders(applications: OauthApplications, callbackOf: (kind: OauthKind) => string): Partial<Record<OauthKind, OauthProvider>> {
  const { github, google } = applications;
  return {
    ...(github === undefined ? {} : { github: githubProvider(github, callbackOf('github')) }),
    ...(google === undefined ? {} : { google: openIdProvider(google, callbackOf('google')) }),
  };
}

const githubUser = z.object({ id: z.int(), login: z.string() });
const githubEmails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

function githubProvider({ clientId, clientSecret, issuer, apiUrl }: GithubApplication, callback: string): OauthProvider {
  const client = new OAuth2Client(clientId, clientSecret, callback);
  return {
    authorizationUrl: async (state, { verifier }) =>
      client.createAuthorizationURLWithPKCE(`${issuer}/login/oauth/authorize`, state, CodeChallengeMethod.S256, verifier, ['read:user', 'user:email']).toString(),
    identify: async (code, { verifier }) => {
      const token = await exchange(() => client.validateAuthorizationCode(`${issuer}/login/oauth/access_token`, code, verifier));
      const authorization = `Bearer ${token.accessToken()}`;
      const [user, emails] = await Promise.all([getJson(`${apiUrl}/user`, githubUser, authorization), getJson(`${apiUrl}/user/emails`, githubEmails, authorization)]);
      const verifiedEmail = emails.find(({ primary, verified }) => primary && verified)?.email ?? null;
      return { subject: String(user.id), label: user.login, usernameWish: user.login, verifiedEmail };
    },
  };
}

const discovery = z.object({ issuer: z.string(), authorization_endpoint: z.url(), token_endpoint: z.url(), jwks_uri: z.url() });
const idClaims = z.object({ sub: z.string().min(1).max(255), nonce: z.string(), email: z.string().optional(), email_verified: z.boolean().optional() });

/** OpenID Connect, as Google has it. */
function openIdProvider({ clientId, clientSecret, issuer }: OauthApplication, callback: string): OauthProvider {
  const client = new OAuth2Client(clientId, clientSecret, callback);
  let discovered: Promise<{ endpoints: z.output<typeof discovery>; keys: ReturnType<typeof createRemoteJWKSet> }> | undefined;
  const discover = (): NonNullable<typeof discovered> => {
    discovered ??= getJson(`${issuer}/.well-known/openid-configuration`, discovery)
      .then((endpoints) => ({ endpoints, keys: createRemoteJWKSet(new URL(endpoints.jwks_uri), { timeoutDuration: TIMEOUT_MS }) }))
      .catch((error: unknown) => {
        discovered = undefined;
        throw error;
      });
    return discovered;
  };
  return {
    authorizationUrl: async (state, { verifier, nonce }) => {
      const { endpoints } = await discover();
      const url = client.createAuthorizationURLWithPKCE(endpoints.authorization_endpoint, state, CodeChallengeMethod.S256, verifier, ['openid', 'email', 'profile']);
      url.searchParams.set('nonce', nonce);
      return url.toString();
    },
    identify: async (code, { verifier, nonce }) => {
      const { endpoints, keys } = await discover();
      if (endpoints.issuer !== issuer) throw distrusted('its issuer is another one than was configured');
      const token = await exchange(() => client.validateAuthorizationCode(endpoints.token_endpoint, code, verifier));
      const claims = await jwtVerify(token.idToken(), keys, { issuer, audience: clientId, algorithms: ['RS256', 'ES256'], requiredClaims: ['exp', 'sub'] })
        .then(({ payload }) => idClaims.parse(payload))
        .catch((cause: unknown) => Promise.reject(distrusted('its ID token is not right', cause)));
      if (claims.nonce !== nonce) throw distrusted('its answer belongs to another login');
      const { sub: subject, email = null, email_verified: isVerified = false } = claims;
      return { subject, label: email ?? subject, usernameWish: email?.split('@')[0] ?? 'user', verifiedEmail: isVerified ? email : null };
    },
  };
}

async function exchange<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof OAuth2RequestError) throw distrusted('it did not take the code', cause);
    throw new CyxError('UNAVAILABLE', 'The other site does not answer. Try again in a moment.', { cause });
  }
}

async function getJson<T extends z.ZodType>(url: string, schema: T, authorization?: string): Promise<z.output<T>> {
  const headers = { accept: 'application/json', 'user-agent': 'cyxwiz', ...(authorization === undefined ? {} : { authorization }) };
  try {
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return schema.parse(await response.json());
  } catch (cause) {
    throw new CyxError('UNAVAILABLE', 'The other site does not answer as it should. Try again in a moment.', { cause });
  }
}

function distrusted(why: string, cause?: unknown): CyxError {
  return new CyxError('BAD_CREDENTIALS', `The other site’s answer can not be used: ${why}. Try again.`, { cause });
}
