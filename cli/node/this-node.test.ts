import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createContext } from '../context.ts';
import { withNode } from './this-node.ts';

const NODE_ID = '3f0c1f5e-8f4b-4c58-9f0e-0a4f5e7a1b2c';

/** A platform that refuses everything, and notes who asked. */
async function refusingPlatform(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.authorization ?? '');
    response.writeHead(403, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ code: 'FORBIDDEN', detail: 'no', status: 403 }));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((done) => server.once('listening', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

it.each([
  ['the machine', false, 'Bearer key-of-machine'],
  ['its owner', true, 'Bearer login-of-owner'],
])('a command about this machine’s node, by %s, reaches the platform that the node works for', async (_who, asOwner, expected) => {
  const [own, other] = [await refusingPlatform(), await refusingPlatform()];
  const dir = mkdtempSync(join(tmpdir(), 'this-node-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ nodeId: NODE_ID, apiUrl: own.url, apiKey: 'key-of-machine' }));
  const context = createContext({ NODE_ENV: 'test', CYXWIZ_HOME: dir, CYXWIZ_PUBLIC_URL: other.url, CYXWIZ_TOKEN: 'login-of-owner' }, true);
  await expect(withNode(context, { dir }, ({ client, nodeId }) => client.nodes.earnings(nodeId), { asOwner })).rejects.toThrow();
  expect([own.asked, other.asked]).toEqual([[expected], []]);
});
