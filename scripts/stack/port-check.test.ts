import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { freePorts, freePortsEnv } from './free-ports.ts';
import { assertPortsFree, isPortFree } from './port-check.ts';

describe('assertPortsFree', () => {
  it('names the port, what it is for, and the variable that changes it', async () => {
    const env = await freePortsEnv();
    const config = parseConfig(env);
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(config.ports.http, '127.0.0.1', resolve));
    try {
      await expect(assertPortsFree(config, ['grpc', 'http'])).rejects.toMatchObject({
        code: 'STATE_CONFLICT',
        message: expect.stringMatching(new RegExp(`port ${config.ports.http} \\(web and HTTP API\\) is taken .* CYXWIZ_HTTP_PORT`)),
        fields: [{ path: 'CYXWIZ_HTTP_PORT' }],
      });
      await assertPortsFree(config, ['grpc']);
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });
});

describe('freePorts', () => {
  it('gives different ports that can be listened on', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    expect(await Promise.all(ports.map((port) => isPortFree(port, '127.0.0.1')))).toEqual(ports.map(() => true));
  });
});
