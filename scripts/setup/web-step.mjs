// The web app's build, made again only when a file that can end up in it has changed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, hashOfFolders } from './stamps.mjs';
import { runCommand } from './run-command.mjs';

// What the web app may import at run time; the import boundaries keep this list true.
const SOURCES = ['web/app', 'web/public', 'core', 'engine', 'api/client', 'cyxcloud/client', 'programs/clients', 'proto/gen'];
const SINGLE_FILES = ['package-lock.json', 'web/vite.config.ts', 'web/server.server.ts', 'tsconfig.json'];
const isSource = (name) => !/\.test\.tsx?$/.test(name) && !/\.(md|log|snap)$/.test(name);

/** @returns {import('./steps.mjs').Step} */
export function webStep({ root, logFile }) {
  return {
    name: 'web',
    what: 'Web app (vite build)',
    applies: () => existsSync(join(root, 'web', 'vite.config.ts')),
    inputHash: () => hashOf(hashOfFolders(root, SOURCES, isSource), ...SINGLE_FILES.map((file) => readFileSync(join(root, file)))),
    isDone: () => existsSync(join(root, 'web', 'build', 'server', 'index.js')),
    run: () =>
      runCommand(process.execPath, [join(root, 'node_modules', '@remix-run', 'dev', 'dist', 'cli.js'), 'vite:build'], {
        cwd: join(root, 'web'),
        logFile,
        env: { ...process.env, NODE_ENV: 'production' },
      }),
  };
}
