import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { freePortsEnv } from './free-ports.ts';
import { removeDataOutside } from './services/postgres-account.ts';

it('ends everything in order when its terminal is closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-main-'));
  chmodSync(folder, 0o755);
  const home = join(folder, 'home');
  try {
    const env = { ...process.env, ...(await freePortsEnv()), CYXWIZ_HOME: home };
    const main = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./main.ts', import.meta.url))], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    main.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(main.stdout, 'data');
    main.kill('SIGHUP');
    main.kill('SIGHUP');
    const [code] = (await once(main, 'exit')) as [number | null];
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('Stopped before everything was up.') as string });
  } finally {
    removeDataOutside(home);
    rmSync(folder, { recursive: true, force: true });
  }
});
