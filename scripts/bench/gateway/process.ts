import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { createTokens } from '#api/auth/tokens';
import { startGateway } from '#api/gateway/server';
import { nodeTokenVerifier } from '#api/gateway/verify-node-token';
import { parseConfig } from '#core/config/config';
import { openPayloadKeyring } from '#temporal/codec/keyring';
import { createPayloadBytesCodec } from '#temporal/codec/payload-codec';

/** Everything as in the api process, except that one node may call as often as it can: that is what is measured. */
const AS_OFTEN_AS_IT_CAN = { callsOfNode: { calls: 1_000_000, windowMs: 1_000 } };

/** The gateway in a process of its own. It says its port, and ends with its input. */
export async function runBenchGateway(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(env);
  const { privacy } = config.temporal;
  const tokens = await createTokens(JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK | JWK[]);
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    upstream: config.temporal,
    payloads: createPayloadBytesCodec(openPayloadKeyring(privacy.keysFile), privacy),
    verifyNodeToken: nodeTokenVerifier(tokens),
    sealKeysFile: join(config.keysDir, 'gateway-seal.json'),
    limits: AS_OFTEN_AS_IT_CAN,
    log: { info: () => undefined, warn: (fields, message) => console.error(message, fields) },
  });
  process.stdout.write(`${gateway.port}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await gateway.close();
}
