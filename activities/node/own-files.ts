import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CyxError } from '#core/errors/cyx-error';
import type { NodeLog } from './ports.ts';

/** What anybody but the owner may do with it. */
const OTHERS = 0o077;

/**
 * The config holds the machine's API key: what others may read is put right with a warning, for whoever read it meanwhile
 * may have it. Where the folder is the node's own, with its runs in it, others have no business there either.
 * @throws CyxError FORBIDDEN where it belongs to somebody else and so can not be put right
 */
export function keepToOwner(configFile: string, workDir: string, log: Pick<NodeLog, 'warn'>): void {
  // Windows knows no such modes; a profile's folder is its user's there.
  if (process.getuid === undefined) return;
  for (const path of [configFile, ...(dirname(configFile) === dirname(workDir) ? [dirname(configFile)] : [])]) {
    const mode = statSync(path).mode & 0o777;
    if ((mode & OTHERS) === 0) continue;
    try {
      chmodSync(path, mode & ~OTHERS);
    } catch (cause) {
      throw new CyxError('FORBIDDEN', `${path} can be read by others, and it is not this user's to change that. Make it yours alone: chown it and chmod ${path === configFile ? '600' : '700'}`, { cause });
    }
    log.warn({ path, mode: mode.toString(8) }, 'Others could read this; now they can not. Had they the chance to, register the machine anew: its API key is in there');
  }
}
