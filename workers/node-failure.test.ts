import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeNodeConfig, type NodeConfig } from '#activities/node/node-config';
import { processMark } from '#engine/node/process-mark';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'node-failure-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const nowhere = 'http://127.0.0.1:9';
const config: NodeConfig = {
  ...{ apiUrl: nowhere, grpcUrl: nowhere, gatewayUrl: nowhere, storageUrl: nowhere, namespace: 'default' },
  ...{ machineId: 'm', apiKey: 'k', nodeId: '3f0c1f5e-8f4b-4c58-9f0e-0a4f5e7a1b2c', deviceClass: 'cpu', pricePerHourBase: '1', workDir: '', heartbeatMs: 1_000, checkpointEveryMs: 1_000 },
};

/** A node whose folder says that this very process runs it already. */
async function startTaken(env: Readonly<Record<string, string>>): Promise<{ code: unknown; out: string }> {
  const file = join(dir, 'config.json');
  writeNodeConfig(file, { ...config, workDir: join(dir, 'runs') });
  writeFileSync(join(dir, 'process.json'), JSON.stringify({ pid: process.pid, mark: processMark(process.pid) }));
  return new Promise((done) =>
    execFile(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'node.ts')], { env: { ...process.env, CYXWIZ_NODE_CONFIG: file, ...env } }, (error, out) => done({ code: error?.code, out })),
  );
}

it('says in its log why it does not start, and to programs as JSON', async () => {
  const { code, out } = await startTaken({ CYXWIZ_NODE_JSON: '1' });
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'STATE_CONFLICT', message: expect.stringMatching(/runs already/) } });
  expect(JSON.parse(readFileSync(join(dir, 'node.log'), 'utf8'))).toMatchObject({ level: 50, msg: expect.stringMatching(/^This node stopped: This node runs already, as process \d+/) });
});

it('says nothing on its standard output to people', async () => {
  expect(await startTaken({})).toEqual({ code: 1, out: '' });
});
