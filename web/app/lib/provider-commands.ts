export type PlatformUrls = Readonly<Record<'http' | 'storage' | 'grpc' | 'gateway', string>>;

/**
 * The variables that tell the command line, on any machine, where this platform is, and where it keeps the login and the
 * node: left to itself below the current folder, so that the next command from elsewhere would know of neither.
 */
export function whereIs({ http, storage, grpc, gateway }: PlatformUrls): string {
  const variables = ['CYXWIZ_HOME="$HOME/.cyxwiz"', `CYXWIZ_PUBLIC_URL=${http}`, `CYXWIZ_STORAGE_URL=${storage}`, `CYXWIZ_PUBLIC_GRPC=${grpc}`, `CYXWIZ_PUBLIC_GATEWAY=${gateway}`];
  return `export ${variables.join(' \\\n       ')}`;
}

export const BUILD_TRAINER = 'node "$(npm root -g)/cyxwiz/scripts/setup/tensorflow.mjs" python3';
export const SET_UP_NODE = 'cyxwiz node setup --price 300';
export const START_NODE = 'cyxwiz node start';
