import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ChildCommand } from '#engine/node/child-contract';
import type { Lie } from '../plan/trouble.ts';

/** How a lying node starts its training child: as the honest one is started, but another script. */
export function liarCommand(lie: Lie, workDir: string, stashFile: string): ChildCommand {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = fileURLToPath(new URL(`./${lie}.ts`, import.meta.url));
  return { command: process.execPath, args: ['--import', loader, script, workDir, stashFile] };
}
