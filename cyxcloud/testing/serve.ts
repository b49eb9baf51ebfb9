import { startStorageServer } from '../gateway/server.ts';

/**
 * A storage server as a process of its own, for tests that kill it or measure its memory:
 * `node --import tsx cyxcloud/testing/serve.ts DATA_DIR`. The bearer token is the subject's name.
 */
const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('usage: serve.ts DATA_DIR');

const server = await startStorageServer({
  dataDir,
  host: '127.0.0.1',
  port: 0,
  authenticate: (bearer) => Promise.resolve({ subject: bearer, role: 'user' }),
  maxObjectBytes: 64 * 1024 ** 3,
  log: () => undefined,
});
process.stdout.write(`${JSON.stringify({ ready: 'storage', url: server.url })}\n`);
