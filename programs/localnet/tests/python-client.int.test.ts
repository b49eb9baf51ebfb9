import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { LAMPORTS_PER_SOL } from '@solana/web3.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChain, temporaryDir } from './support.ts';
import type { Localnet } from '../start-localnet.ts';

const run = promisify(execFile);
/** The last versions that run on Python 3.10. */
const PACKAGES = ['solana==0.36.12', 'solders==0.27.1'];
const venv = fileURLToPath(new URL('../../../.cyxwiz/py-test', import.meta.url));
const python = join(venv, 'bin', 'python');

/** Makes the environment once; an interrupted or outdated one, told by its missing mark, is made anew. */
async function preparePython(): Promise<void> {
  const mark = join(venv, 'packages.txt');
  const wanted = PACKAGES.join('\n');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  await run('python3', ['-m', 'venv', '--clear', venv]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
  writeFileSync(mark, wanted);
}

const dir = temporaryDir();
let chain: Localnet;
beforeAll(async () => {
  await preparePython();
  chain = await startChain(dir.path);
}, 240_000);
afterAll(async () => {
  await chain.close();
  dir.remove();
});

it('a client that shares no code with us airdrops, transfers, reads back and subscribes', async () => {
  const script = fileURLToPath(new URL('./python_client.py', import.meta.url));
  const { stdout } = await run(python, [script, chain.rpcUrl, chain.wsUrl], { timeout: 50_000 });
  expect(JSON.parse(stdout)).toEqual({
    payerLamports: 3 * LAMPORTS_PER_SOL - 5000,
    recipientLamports: 2 * LAMPORTS_PER_SOL,
    rentEpoch: '18446744073709551615',
    programData: 'solana_system_program',
    fee: 5000,
    error: null,
    statuses: [expect.stringContaining('Finalized'), expect.stringContaining('Finalized')],
    listed: true,
    slot: expect.any(Number) as number,
    signature: expect.any(String) as string,
    notified: true,
  });
});
