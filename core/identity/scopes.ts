/** What an API key can be allowed to do. What stands in no row below needs a person's own login. */
export const SCOPES = {
  read: 'See jobs, quotes, datasets, models, machines and the wallet',
  jobs: 'Put data in, submit and cancel jobs, fetch models',
  machines: 'Register machines and nodes and change them',
} as const;
export type Scope = keyof typeof SCOPES;
