import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { OAuth2Server } from 'oauth2-mock-server';
import type { OauthApplications } from '#api/auth/oauth';

/** Whom both sites log in: whoever the test says, without asking. */
export interface SitePerson {
  sub: string;
  name: string;
  email: string;
  verified: boolean;
}

export interface OauthSites {
  /** May be changed at any time; the next login is theirs. */
  person: SitePerson;
  /** What Google's next ID tokens say otherwise. */
  tampering: Record<string, unknown>;
  readonly google: OAuth2Server;
  readonly applications: Required<OauthApplications>;
  stop(): Promise<void>;
}

/**
 * The sites at the other end are fakes: mock OAuth 2 / OpenID servers in this process. They do check PKCE, keep the nonce,
 * and sign their ID tokens with a key that they publish. GitHub's two API calls are added as GitHub documents them.
 */
export async function startOauthSites(): Promise<OauthSites> {
  const google = new OAuth2Server();
  const github = new OAuth2Server(undefined, undefined, { endpoints: { authorize: '/login/oauth/authorize', token: '/login/oauth/access_token' } });
  for (const server of [google, github]) {
    await server.issuer.keys.generate('RS256');
    await server.start(0, '127.0.0.1');
  }
  const urls = { google: `http://127.0.0.1:${google.address().port}`, github: `http://127.0.0.1:${github.address().port}` };
  google.issuer.url = urls.google;
  const application = { clientId: 'cyxwiz', clientSecret: 'secret' };
  const sites: OauthSites = {
    person: newSitePerson(),
    tampering: {},
    google,
    applications: { google: { ...application, issuer: urls.google }, github: { ...application, issuer: urls.github, apiUrl: urls.github } },
    stop: async () => void (await Promise.all([google.stop(), github.stop()])),
  };
  google.service.on('beforeTokenSigning', (token: { payload: object }) => {
    const { sub, email, verified } = sites.person;
    Object.assign(token.payload, { sub, email, email_verified: verified }, sites.tampering);
  });
  const api = github.service.requestHandler as RequestListener & { get(path: string, handler: (request: unknown, response: { json(body: unknown): void }) => void): void };
  api.get('/user', (_request, response) => response.json({ id: Number(sites.person.sub), login: sites.person.name }));
  api.get('/user/emails', (_request, response) =>
    response.json([{ email: 'other@example.com', primary: false, verified: true }, { email: sites.person.email, primary: true, verified: sites.person.verified }]),
  );
  return sites;
}

/** Somebody whom neither site has logged in before. */
export function newSitePerson(): SitePerson {
  const name = `oa-${randomUUID().slice(0, 8)}`;
  return { sub: String(Math.floor(Math.random() * 2 ** 40)), name, email: `${name}@example.com`, verified: true };
}
