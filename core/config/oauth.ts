import { hasScheme, unsetOrText } from './values.ts';

/** An application that was registered at a provider of logins. */
export interface OauthApplicationConfig {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Without a slash at the end. */
  readonly issuer: string;
}

/** Logins that other sites vouch for; those without an application are not offered. */
export interface OauthConfig {
  readonly github?: OauthApplicationConfig & { readonly apiUrl: string };
  readonly google?: OauthApplicationConfig;
}

const web = ['http', 'https'] as const;

export const oauthShape = {
  CYXWIZ_GITHUB_CLIENT_ID: unsetOrText,
  CYXWIZ_GITHUB_CLIENT_SECRET: unsetOrText,
  CYXWIZ_GITHUB_URL: hasScheme(web, 'https://github.com'),
  CYXWIZ_GITHUB_API_URL: hasScheme(web, 'https://api.github.com'),
  CYXWIZ_GOOGLE_CLIENT_ID: unsetOrText,
  CYXWIZ_GOOGLE_CLIENT_SECRET: unsetOrText,
  CYXWIZ_GOOGLE_ISSUER: hasScheme(web, 'https://accounts.google.com'),
} as const;

type OauthValues = { readonly [Name in keyof typeof oauthShape]?: string | undefined };

export function oauthConfig(values: OauthValues): OauthConfig {
  const github = application(values.CYXWIZ_GITHUB_CLIENT_ID, values.CYXWIZ_GITHUB_CLIENT_SECRET, values.CYXWIZ_GITHUB_URL ?? 'https://github.com');
  const google = application(values.CYXWIZ_GOOGLE_CLIENT_ID, values.CYXWIZ_GOOGLE_CLIENT_SECRET, values.CYXWIZ_GOOGLE_ISSUER ?? 'https://accounts.google.com');
  const apiUrl = (values.CYXWIZ_GITHUB_API_URL ?? 'https://api.github.com').replace(/\/+$/, '');
  return { ...(github === undefined ? {} : { github: { ...github, apiUrl } }), ...(google === undefined ? {} : { google }) };
}

function application(clientId: string | undefined, clientSecret: string | undefined, issuer: string): OauthApplicationConfig | undefined {
  return clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret, issuer: issuer.replace(/\/+$/, '') };
}

/** The environment that is read back as this configuration. */
export function oauthEnv({ github, google }: OauthConfig): OauthValues {
  return {
    CYXWIZ_GITHUB_CLIENT_ID: github?.clientId,
    CYXWIZ_GITHUB_CLIENT_SECRET: github?.clientSecret,
    CYXWIZ_GITHUB_URL: github?.issuer,
    CYXWIZ_GITHUB_API_URL: github?.apiUrl,
    CYXWIZ_GOOGLE_CLIENT_ID: google?.clientId,
    CYXWIZ_GOOGLE_CLIENT_SECRET: google?.clientSecret,
    CYXWIZ_GOOGLE_ISSUER: google?.issuer,
  };
}
