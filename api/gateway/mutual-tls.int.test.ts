import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { nativeTls, parseEndpoint } from '#activities/node/endpoint';
import { freePorts } from '#scripts/stack/free-ports';
import { makeCertificate, type TestCertificate } from '#scripts/test/certificate';
import { createGatewayMetrics, type GatewayMetrics } from './metrics.ts';
import { startGateway } from './server.ts';
import { plainPayloads } from './testing/payloads.ts';
import { pollBody, rawCall } from './testing/raw-client.ts';
import { startTestTemporal, type TestTemporal } from './testing/temporal-server.ts';
import type { Gateway } from './types.ts';

const { status } = grpc;
let dir: string;
let temporal: TestTemporal;
let gateway: Gateway;
let metrics: GatewayMetrics;
/** The gateway's own, the node's, and one of somebody else's authority. */
let own: TestCertificate;
let node: TestCertificate;
let stranger: TestCertificate;

function certificateIn(name: string): TestCertificate {
  mkdirSync(join(dir, name));
  return makeCertificate(join(dir, name));
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mutual-tls-'));
  [own, node, stranger] = [certificateIn('own'), certificateIn('node'), certificateIn('stranger')];
  const [port] = await freePorts(1);
  temporal = await startTestTemporal(inject('tools').temporal, port!);
  metrics = createGatewayMetrics();
  gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    upstream: { address: temporal.address, namespace: 'default' },
    payloads: plainPayloads,
    verifyNodeToken: () => ({ nodeId: 'a', queues: ['node.a'] }),
    sealKeysFile: join(dir, 'seal.json'),
    listenerTls: { certFile: own.certFile, keyFile: own.keyFile, clientCaFile: node.caFile },
    metrics,
    log: { info: () => undefined, warn: () => undefined },
  });
});
afterAll(async () => {
  await gateway.close();
  await temporal.stop();
  rmSync(dir, { recursive: true });
});

async function codeWith(certificate?: TestCertificate): Promise<grpc.status> {
  const [key, chain] = certificate === undefined ? [null, null] : [readFileSync(certificate.keyFile), readFileSync(certificate.certFile)];
  const client = new grpc.Client(`localhost:${gateway.port}`, grpc.credentials.createSsl(readFileSync(own.caFile), key, chain));
  try {
    return (await rawCall(client, 'GetSystemInfo', Buffer.alloc(0), 'any', 3_000)).code;
  } finally {
    client.close();
  }
}

it('lets in who has a certificate of the authority, and nobody else', async () => {
  expect(await codeWith(node)).toBe(status.OK);
  expect(await codeWith()).toBe(status.UNAVAILABLE);
  expect(await codeWith(stranger)).toBe(status.UNAVAILABLE);
});

it('is what a node’s connection gets by with the certificate of its configuration', async () => {
  const endpoint = parseEndpoint(`https://localhost:${gateway.port}`);
  const connect = (clientCertificate?: TestCertificate) => NativeConnection.connect({ address: endpoint.address, apiKey: 'any', tls: nativeTls(endpoint, { caFile: own.caFile, clientCertificate }) });
  await (await connect(node)).close();
  await expect(connect()).rejects.toThrow();
});

it('counts what it did', async () => {
  const client = new grpc.Client(`localhost:${gateway.port}`, grpc.credentials.createSsl(readFileSync(own.caFile), readFileSync(node.keyFile), readFileSync(node.certFile)));
  await rawCall(client, 'PollActivityTaskQueue', pollBody('node.b'), 'any');
  await rawCall(client, 'ListNamespaces', Buffer.alloc(0), 'any');
  const waiting = rawCall(client, 'PollActivityTaskQueue', pollBody('node.a'), 'any', 3_000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const text = await metrics.text();
  for (const line of [
    'cyxwiz_gateway_calls_total{method="PollActivityTaskQueue",code="PERMISSION_DENIED"} 1',
    'cyxwiz_gateway_refused_total{reason="FORBIDDEN"} 2',
    'cyxwiz_gateway_polls_in_flight 1',
    'cyxwiz_gateway_calls_in_flight 1',
    'cyxwiz_gateway_connections{who="node"} 1',
  ]) expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/calls_total\{method="GetSystemInfo",code="OK"\} [1-9]/);
  expect(text).toMatch(/bytes_total\{direction="out"\} [1-9]/);
  const counted = (name: string): number => Number(new RegExp(`^${name}\\{method="GetSystemInfo"\\} (\\S+)$`, 'm').exec(text)?.[1]);
  // What the gateway added is a part of the whole.
  expect(counted('cyxwiz_gateway_added_seconds_count')).toBe(counted('cyxwiz_gateway_call_seconds_count'));
  expect(counted('cyxwiz_gateway_added_seconds_sum')).toBeLessThan(counted('cyxwiz_gateway_call_seconds_sum'));
  await waiting;
  expect(await metrics.text()).toContain('cyxwiz_gateway_polls_in_flight 0');
  client.close();
});
