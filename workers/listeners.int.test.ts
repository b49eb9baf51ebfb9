import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { freePortsEnv } from '#scripts/stack/free-ports';
import { startStack, type Stack } from '#scripts/stack/start-stack';
import { makeCertificate, type TestCertificate } from '#scripts/test/certificate';

let home: string;
let certificate: TestCertificate;
let stack: Stack;

/** Every process of ours that others connect to, with a certificate of an authority that no system knows. */
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'listeners-tls-'));
  certificate = makeCertificate(home);
  const tls = { CYXWIZ_TLS_CERT_FILE: certificate.certFile, CYXWIZ_TLS_KEY_FILE: certificate.keyFile };
  // The run's own storage speaks in the clear, on its own port.
  const { CYXWIZ_STORAGE_PORT } = await freePortsEnv();
  const config = parseConfig({ ...inject('stackEnv'), CYXWIZ_STORAGE_PORT, CYXWIZ_HOME: home, CYXWIZ_STORAGE_URL: undefined, CYXWIZ_PUBLIC_STORAGE_URL: undefined, CYXWIZ_PUBLIC_URL: undefined, ...tls });
  stack = await startStack({ config, env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate.caFile }, log: () => undefined, only: ['storage', 'api'] });
}, 240_000);
afterAll(async () => {
  await stack?.stop();
  rmSync(home, { recursive: true, force: true });
});

/** What both sides agree on; the alert's name where they do not. */
function handshake(port: number, newest: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3', alpn: string): Promise<string> {
  return new Promise((resolve) => {
    const versions = { minVersion: newest === 'TLSv1.3' ? ('TLSv1.3' as const) : ('TLSv1' as const), maxVersion: newest };
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: readFileSync(certificate.caFile), ALPNProtocols: [alpn], ...versions });
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol() ?? 'no protocol');
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

it.each([
  ['http', 'http/1.1'],
  ['grpc', 'h2'],
  ['gateway', 'h2'],
  ['storage', 'http/1.1'],
] as const)('%s speaks TLS 1.3 and refuses what is older', async (name, alpn) => {
  const port = stack.config.ports[name];
  expect(await handshake(port, 'TLSv1.3', alpn)).toBe('TLSv1.3');
  for (const older of ['TLSv1.2', 'TLSv1.1'] as const) expect(await handshake(port, older, alpn)).toMatch(/ALERT_PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE/);
});

it.each(['http', 'storage'] as const)('%s does not answer who speaks in the clear', async (name) => {
  await expect(fetch(`http://127.0.0.1:${stack.config.ports[name]}/healthz`)).rejects.toThrow();
});
