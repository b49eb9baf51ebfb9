import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import { appFolderOf } from '#core/node/installation';

const TEMPLATE = new URL('../../scripts/node-service/cyxwiz-node.service', import.meta.url);
/** What ProtectHome=yes hides. */
const HOMES = ['/home', '/root', '/run/user'];

export interface Service {
  /** Where Node and the command stand. */
  readonly node: string;
  readonly command: string;
  /** The folder that the node was set up in. */
  readonly dir: string;
  /** The command's own folder. */
  readonly cyxwizHome: string;
  readonly user: string;
  readonly userHome: string;
}

/** As whom the node of this folder runs. @throws CyxError FORBIDDEN where that is not who asks */
export function serviceAccount(dir: string): Pick<Service, 'user' | 'userHome'> {
  const { uid, username, homedir } = userInfo();
  if (statSync(dir).uid === uid) return { user: username, userHome: homedir };
  throw new CyxError('FORBIDDEN', `The node in ${dir} belongs to another user, as whom it has to run. Print its unit as that user (sudo -u … cyxwiz node service --dir ${dir}).`);
}

/** The systemd unit for the node of this folder, which is there already: nothing is set up or staked anew. */
export function serviceUnit({ node, command, dir, cyxwizHome, user, userHome }: Service): string {
  // Of versions side by side, whichever is the newest when it starts.
  const versions = appFolderOf(command);
  const started = versions === undefined ? command : `${versions.app}/current/lib/node_modules/cyxwiz/${versions.inside}`;
  const folder = resolve(dir);
  const isInHome = [node, started, folder].some((path) => HOMES.some((home) => path.startsWith(`${home}/`)));
  const settings: Readonly<Record<string, string>> = {
    User: literal(user),
    WorkingDirectory: literal(folder),
    Environment: [`CYXWIZ_HOME=${resolve(cyxwizHome)}`, `HOME=${userHome}`].map((assignment) => quoted(literal(assignment))).join(' '),
    ExecStart: [node, started, 'node', 'start', '--dir', folder].map((word) => quoted(literal(word).replaceAll('$', '$$$$'))).join(' '),
    ReadWritePaths: quoted(literal(folder)),
    // To be read they have to be there; written to is the node's folder alone.
    ...(isInHome ? { ProtectHome: 'read-only' } : {}),
  };
  const template = readFileSync(TEMPLATE, 'utf8');
  const unit = template.slice(template.indexOf('[Unit]')).replace(/^StateDirectory.*\n/gm, '');
  return head(folder, user) + unit.replaceAll(/^(\w+)=.*$/gm, (line, name: string) => (settings[name] === undefined ? line : `${name}=${settings[name]}`));
}

const head = (folder: string, user: string): string => `# The CyxWiz Server Node in ${folder}, run by ${user}. Install it so:
#
#   cyxwiz node service --dir ${folder} | sudo tee /etc/systemd/system/cyxwiz-node.service
#   sudo systemctl daemon-reload && sudo systemctl enable --now cyxwiz-node
#
# Whoever needs variables (a proxy, NODE_EXTRA_CA_CERTS) puts them into /etc/cyxwiz/node.env.
`;

/** systemd fills in what follows a percent sign. */
const literal = (text: string): string => text.replaceAll('%', '%%');

/** One word of several, as systemd reads them. */
function quoted(word: string): string {
  return /^[\w./@:=+%$-]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
