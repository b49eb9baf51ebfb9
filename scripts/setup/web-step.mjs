// The web app's build, made again only when a file that can end up in it has changed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, hashOfFolders } from './stamps.mjs';
import { runCommand } from './run-command.mjs';

const SOURCES = ['web', 'core', 'engine', 'api', 'cyxcloud', 'programs/clients', 'proto/gen', 'temporal', 'db', 'workflows', 'activities'];
const isSource = (name) => !/\.test\.tsx?$/.test(name) && !/\.(md|log|snap)$/.test(name);

/** @returns {import('./steps.mjs').Step} */
export function webStep({ root, logFile }) {
  return {
    name: 'web',
    what: 'Web app (vite build)',
    applies: () => existsSync(join(root, 'web', 'vite.config.ts')),
    inputHash: () => hashOf(hashOfFolders(root, SOURCES, isSource), readFileSync(join(root, 'package-lock.json'))),
    isDone: () => existsSync(join(root, 'web', 'build', 'server', 'index.js')),
    run: () =>
      runCommand(process.execPath, [join(root, 'node_modules', '@remix-run', 'dev', 'dist', 'cli.js'), 'vite:build'], {
        cwd: join(root, 'web'),
        logFile,
        env: { ...process.env, NODE_ENV: 'production' },
      }),
  };
}
