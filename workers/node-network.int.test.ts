import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { until } from '#activities/node/testing/fixture';
import { parseConfig } from '#core/config/config';
import { startStack, type Stack } from '#scripts/stack/start-stack';

let home: string;
let stack: Stack;
let configFile: string;
/** Neither unshare nor bwrap is there, whatever this machine has. */
let bare: string;

/** A node that the platform knows, and that is not running. */
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'node-network-'));
  bare = mkdtempSync(join(tmpdir(), 'no-tools-'));
  stack = await startStack({ config: parseConfig({ ...inject('stackEnv'), CYXWIZ_HOME: home }), env: process.env, log: () => undefined, only: ['api', 'platform', 'node'] });
  await stack.services.get('node')!.stop();
  configFile = join(home, 'node', 'config.json');
}, 240_000);
afterAll(async () => {
  await stack?.stop();
  for (const dir of [home, bare]) rmSync(dir, { recursive: true, force: true });
});

interface Told {
  out: string;
  error: string;
}

function startNode(env: Readonly<Record<string, string>>): { readonly child: ChildProcess; readonly told: Told } {
  const script = resolve(import.meta.dirname, 'node.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], { env: { ...process.env, CYXWIZ_NODE_CONFIG: configFile, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const told = { out: '', error: '' };
  child.stdout.on('data', (chunk: Buffer) => (told.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (told.error += chunk.toString()));
  return { child, told };
}

it('does not start where nothing can keep trainings from the network, and says what to do', async () => {
  const { child, told } = startNode({ PATH: bare });
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(1);
  expect(told.error).toMatch(/node stopped: Trainings can not be kept from the network/);
  expect(told.error).toMatch(/bubblewrap.*cyxwiz node setup --allow-network/s);
  expect(told.out).toBe('');
});

it.each([
  ['its config', {}, { allowTrainingWithNetwork: true }],
  ['its environment', { CYXWIZ_NODE_ALLOW_NETWORK: '1' }, {}],
])('starts there once %s allows it, with a warning', async (_where, env, config) => {

  const file = join(home, 'allowed.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(configFile, 'utf8')) as object), ...config }), { mode: 0o600 });
  const { child, told } = startNode({ PATH: bare, CYXWIZ_NODE_CONFIG: file, ...env });
  await until('the node', () => told.out.includes('"ready":"node"'), 60_000);
  expect(told.error).toMatch(/Trainings on this node have the network/);
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
});

it('starts without a word of warning where there is a way', async () => {
  const { child, told } = startNode({});
  await until('the node', () => told.out.includes('"ready":"node"'), 60_000);
  expect(told.error).toMatch(/Trainings run without a network/);
  expect(told.error).not.toMatch(/have the network/);
  child.kill('SIGTERM');
  await once(child, 'close');
});
