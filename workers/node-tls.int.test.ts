import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { until } from '#activities/node/testing/fixture';
import { createRestClient } from '#activities/node/rest-client';
import { trustedFetch } from '#activities/node/trusted-fetch';
import { parseConfig } from '#core/config/config';
import { startStack, type Stack } from '#scripts/stack/start-stack';
import { makeCertificate } from '#scripts/test/certificate';

let home: string;
/** With the authority in it, which is what the node is told to trust. */
let caFile: string;
let stack: Stack;

/** Our own edges, which speak TLS under an authority that no system knows, and a node that makes itself a provider. */
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'node-tls-'));
  const { certFile, keyFile } = makeCertificate(home);
  caFile = certFile;
  const shared = inject('stackEnv');
  const { storageUrl } = parseConfig(shared);
  const config = parseConfig({ ...shared, CYXWIZ_HOME: home, CYXWIZ_STORAGE_URL: storageUrl, CYXWIZ_PUBLIC_URL: undefined, CYXWIZ_TLS_CERT_FILE: certFile, CYXWIZ_TLS_KEY_FILE: keyFile });
  stack = await startStack({ config, env: { ...process.env, CYXWIZ_NODE_AUTO: '1' }, log: () => undefined, only: ['api', 'platform', 'node'] });
}, 240_000);
afterAll(async () => {
  await stack?.stop();
  rmSync(home, { recursive: true, force: true });
});

it('registers, polls and beats over TLS, trusting the configured authority alone', async () => {
  expect(stack.services.get('node')!.facts()).toMatchObject({ deviceClass: 'cpu' });
  const apiUrl = stack.config.publicUrls.web;
  expect(apiUrl).toMatch(/^https:/);
  const fetch = trustedFetch(caFile);
  const provider = JSON.parse(readFileSync(join(home, 'node', 'provider.json'), 'utf8')) as { email: string; username: string; password: string };
  const { token, userId } = await createRestClient(apiUrl, fetch).login(provider);
  const machines = async (): Promise<string> => (await fetch(`${apiUrl}/api/users/${userId}/machines`, { headers: { authorization: `Bearer ${token}` } })).text();
  await until('a heartbeat of the machine', async () => (await machines()).includes('"status":"online"'));
}, 30_000);
