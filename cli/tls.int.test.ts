import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { envOf } from '#core/config/env-of';
import { startStack, type Stack } from '#scripts/stack/start-stack';

const BIN = fileURLToPath(new URL('./bin.mjs', import.meta.url));

let home: string;
let certFile: string;
let stack: Stack;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'cyxwiz-cli-tls-'));
  certFile = join(home, 'cert.pem');
  const keyFile = join(home, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile, '-out', certFile, ...subject], { stdio: 'ignore' });
  const shared = inject('stackEnv');
  const { storageUrl } = parseConfig(shared);
  const config = parseConfig({ ...shared, CYXWIZ_HOME: home, CYXWIZ_HOST: 'localhost', CYXWIZ_STORAGE_URL: storageUrl, CYXWIZ_PUBLIC_URL: undefined, CYXWIZ_TLS_CERT_FILE: certFile, CYXWIZ_TLS_KEY_FILE: keyFile });
  stack = await startStack({ config, log: () => undefined, only: ['api'] });
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  rmSync(home, { recursive: true, force: true });
});

function cyxwiz(args: readonly string[], more: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' as const, HOME: home, NO_COLOR: '1', CYXWIZ_PASSWORD: 'four unrelated words here', ...envOf(stack.config), ...more };
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { env }, (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }));
  });
}

it('talks TLS to HTTP and gRPC where the platform does, with the authority that NODE_EXTRA_CA_CERTS names', async () => {
  const name = `t${randomBytes(4).toString('hex')}`;
  const trusting = { NODE_EXTRA_CA_CERTS: certFile };
  expect(await cyxwiz(['register', `${name}@example.org`, name], trusting)).toMatchObject({ code: 0, err: '' });
  const listed = await cyxwiz(['job', 'list', '--json'], trusting);
  expect({ ...listed, out: JSON.parse(listed.out) as unknown }).toMatchObject({ code: 0, err: '', out: { jobs: [] } });
  expect(await cyxwiz(['login', name], {})).toMatchObject({ code: 1 });
});
