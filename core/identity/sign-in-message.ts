/** What a wallet signs to say "this is me" to one site, once, within a few minutes. */
export interface SignInFields {
  /** Host (with its port, where it has one) of the site that asks. A wallet warns where it is not the page's own. */
  readonly domain: string;
  /** Base58 public key of the wallet. */
  readonly address: string;
  readonly statement: string;
  readonly uri: string;
  /** `mainnet`, `devnet`, `localnet`, … */
  readonly chainId: string;
  readonly nonce: string;
  /** ISO 8601. */
  readonly issuedAt: string;
  /** ISO 8601. */
  readonly expirationTime: string;
}

/** The text that a wallet shows and signs: Sign-In With Solana, version 1 (the layout of EIP-4361). */
export function signInMessage(fields: SignInFields): string {
  const { domain, address, statement, uri, chainId, nonce, issuedAt, expirationTime } = fields;
  const facts = [
    ['URI', uri],
    ['Version', '1'],
    ['Chain ID', chainId],
    ['Nonce', nonce],
    ['Issued At', issuedAt],
    ['Expiration Time', expirationTime],
  ];
  const lines = facts.map(([name, value]) => `${name}: ${value}`).join('\n');
  return `${domain} wants you to sign in with your Solana account:\n${address}\n\n${statement}\n\n${lines}`;
}
