import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { createCyxWizClient } from '#api/client/node';
import { parseConfig } from '#core/config/config';
import '#scripts/test/provided';

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('an integrator starts a job with their own Temporal client and gets its result', async () => {
  const { publicUrls, storageUrl, temporal } = parseConfig(inject('stackEnv'));
  const program = spawn(process.execPath, ['--import', 'tsx', PROGRAM], {
    cwd: ROOT,
    // What an integrator has: addresses, payload keys, and nothing of the platform's own configuration.
    env: {
      PATH: process.env.PATH ?? '', NODE_ENV: 'production',
      CYXWIZ_PUBLIC_URL: publicUrls.web,
      CYXWIZ_GRPC_ADDRESS: publicUrls.grpc,
      CYXWIZ_STORAGE_URL: storageUrl,
      TEMPORAL_ADDRESS: temporal.address,
      CYXWIZ_PAYLOAD_KEYS_FILE: temporal.privacy.keysFile,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  program.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  program.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(program, 'close')) as [number | null];
  expect(code, err).toBe(0);
  const result = JSON.parse(out) as Record<string, unknown>;
  expect(result).toMatchObject({ state: 'COMPLETED', endReason: 'COMPLETED' });
  expect(result['testAccuracy']).toBeGreaterThan(0.5);
  expect(result['modelCid']).toMatch(/^baf/);
  // The job belongs to the integrator's account: a stranger does not even learn that it is there.
  const client = createCyxWizClient({ httpUrl: publicUrls.web, grpcUrl: publicUrls.grpc, storageUrl });
  const name = `stranger-${process.pid}`;
  await client.auth.register({ email: `${name}@example.org`, username: name, password: 'four unrelated words here' });
  await expect(client.status(String(result['jobId']))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  client.close();
});
