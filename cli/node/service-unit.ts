import { readFileSync } from 'node:fs';
import { appFolderOf } from '#core/node/installation';

const TEMPLATE = new URL('../../scripts/node-service/cyxwiz-node.service', import.meta.url);
/** As the file has it, for a package that was installed for everybody by root. */
const START = '/usr/bin/env node /usr/local/lib/node_modules/cyxwiz/cli/bin.mjs';

/** The systemd unit for a machine on which Node and the command stand at these paths. */
export function serviceUnit(paths: { readonly node: string; readonly command: string }): string {
  // Of versions side by side, whichever is the newest when it starts.
  const versions = appFolderOf(paths.command);
  const command = versions === undefined ? paths.command : `${versions.app}/current/lib/node_modules/cyxwiz/${versions.inside}`;
  return readFileSync(TEMPLATE, 'utf8').replace(START, () => `${quoted(paths.node)} ${quoted(command)}`);
}

/** As systemd reads a command line. */
function quoted(path: string): string {
  const escaped = path.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w./@:+%$-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
