import type { OauthKind } from '#api/auth/oauth';

export type OauthSite = OauthKind;

const NAMES: Readonly<Record<OauthSite, string>> = { github: 'GitHub', google: 'Google' };

interface OauthLinksProps {
  readonly sites: readonly OauthSite[];
  readonly query: string;
  readonly label: string;
}

/** Plain links: they leave this site, which a form here may not. */
export function OauthLinks({ sites, query, label }: OauthLinksProps) {
  if (sites.length === 0) return null;
  return (
    <ul className="space-y-2">
      {sites.map((site) => (
        <li key={site}>
          <a href={`/login/${site}${query}`} className="flex h-10 w-full items-center justify-center rounded-md border border-line-strong/60 bg-raised font-medium hover:border-line-strong hover:bg-sunken">
            {label} {NAMES[site]}
          </a>
        </li>
      ))}
    </ul>
  );
}
