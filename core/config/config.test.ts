import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CyxError } from '../errors/cyx-error.ts';
import { parseConfig } from './config.ts';
import { envOf } from './env-of.ts';
import { portVariables } from './ports.ts';
import type { Env } from './values.ts';

function failure(env: Env): CyxError {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof CyxError) return error;
  }
  throw new Error('parseConfig accepted it');
}

describe('parseConfig', () => {
  it('points every part at the embedded stack when nothing is set', () => {
    const config = parseConfig({});
    expect(config.home).toBe('.cyxwiz');
    expect(config.keysDir).toBe('.cyxwiz/keys');
    expect(config.databaseUrl).toBe('postgres://cyxwiz:cyxwiz@127.0.0.1:5433/cyxwiz');
    expect(config.mongodbUri).toBe('mongodb://127.0.0.1:27018/cyxwiz');
    expect(config.temporal).toEqual({
      address: '127.0.0.1:7233',
      namespace: 'default',
      privacy: { keysFile: '.cyxwiz/keys/payload-codec.json', plain: 'accept' },
      workerVersioning: true,
    });
    expect(config.solanaWsUrl).toBe('ws://127.0.0.1:8900');
    expect(Object.values(config.embedded)).toEqual([true, true, true, true, true]);
  });

  it('derives the embedded addresses from changed ports', () => {
    const config = parseConfig({ CYXWIZ_POSTGRES_PORT: '6000', CYXWIZ_HTTP_PORT: '8080', CYXWIZ_TEMPORAL_PORT: '9000' });
    expect(config.databaseUrl).toContain(':6000/');
    expect(config.publicUrls.web).toBe('http://127.0.0.1:8080');
    expect(config.temporal.address).toBe('127.0.0.1:9000');
  });

  it('takes a replacement for each part and then does not count it as embedded', () => {
    const config = parseConfig({
      DATABASE_URL: 'postgresql://a:b@one:5432,two:5432/x',
      MONGODB_URI: 'mongodb+srv://cluster.example/x',
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      SOLANA_RPC_URL: 'https://api.devnet.solana.com',
      CYXWIZ_STORAGE_URL: 'http://10.0.0.5:7300/',
    });
    expect(Object.values(config.embedded)).toEqual([false, false, false, false, false]);
    expect(config.solanaWsUrl).toBe('wss://api.devnet.solana.com/');
    expect(config.storageUrl).toBe('http://10.0.0.5:7300');
  });

  it('takes the WebSocket to be on the port after the RPC port of a named chain', () => {
    expect(parseConfig({ SOLANA_RPC_URL: 'http://10.0.0.5:8899' }).solanaWsUrl).toBe('ws://10.0.0.5:8900/');
  });

  it('treats blank variables as not set', () => {
    expect(parseConfig({ CYXWIZ_HTTP_PORT: '', DATABASE_URL: '  ', CYXWIZ_HOME: '' })).toEqual(parseConfig({}));
  });

  it('never sends an API key in the clear unless told to', () => {
    expect(parseConfig({ TEMPORAL_API_KEY: 'k' }).temporal.tls).toEqual({});
    expect(parseConfig({ TEMPORAL_API_KEY: 'k', TEMPORAL_TLS: 'false' }).temporal.tls).toBeUndefined();
  });

  it('keeps the payload keys beside the others unless they are named', () => {
    expect(parseConfig({ CYXWIZ_KEYS_DIR: '/k' }).temporal.privacy.keysFile).toBe('/k/payload-codec.json');
    expect(parseConfig({ CYXWIZ_PAYLOAD_KEYS_FILE: '/x.json', CYXWIZ_PAYLOAD_PLAIN: 'refuse' }).temporal.privacy).toEqual({ keysFile: '/x.json', plain: 'refuse' });
    expect(failure({ CYXWIZ_PAYLOAD_PLAIN: 'maybe' }).fields.map((field) => field.path)).toEqual(['CYXWIZ_PAYLOAD_PLAIN']);
  });

  it.each(['0', '65536', '-1', '3000x', '1e3', '3000.5'])('refuses %s as a port and names the variable', (value) => {
    const error = failure({ CYXWIZ_GRPC_PORT: value });
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toContain('CYXWIZ_GRPC_PORT: write a port number from 1 to 65535, or unset it for 50051');
  });

  it('names every variable that is wrong, not only the first', () => {
    const error = failure({ CYXWIZ_HTTP_PORT: 'x', DATABASE_URL: 'mysql://a', SOLANA_RPC_URL: 'devnet', TEMPORAL_ADDRESS: 'http://x' });
    expect(error.fields.map((field) => field.path).sort()).toEqual(['CYXWIZ_HTTP_PORT', 'DATABASE_URL', 'SOLANA_RPC_URL', 'TEMPORAL_ADDRESS']);
  });

  it('names both variables of a port that is given twice', () => {
    expect(failure({ CYXWIZ_HTTP_PORT: '7233' }).message).toContain("CYXWIZ_TEMPORAL_PORT: port 7233 is also CYXWIZ_HTTP_PORT's");
  });

  it.each([
    ['CYXWIZ_TLS_CERT_FILE', 'CYXWIZ_TLS_KEY_FILE'],
    ['TEMPORAL_TLS_KEY_FILE', 'TEMPORAL_TLS_CERT_FILE'],
    ['CYXWIZ_GATEWAY_CLIENT_CA_FILE', 'CYXWIZ_TLS_CERT_FILE'],
  ])('refuses %s without %s', (given, missing) => {
    expect(failure({ [given]: '/x.pem' }).fields.map((field) => field.path)).toEqual([missing]);
  });

  it.each(['grpc.example', 'ftp://h:1', 'h:port', 'https://h'])('refuses %s as the address of a gRPC server', (value) => {
    expect(failure({ CYXWIZ_PUBLIC_GRPC: value }).fields.map((field) => field.path)).toEqual(['CYXWIZ_PUBLIC_GRPC']);
  });

  it('writes heartbeats on the localnet as often as it can, elsewhere every hour or as its operator says', () => {
    expect(parseConfig({}).chainHeartbeatMs).toBe(1_000);
    expect(parseConfig({ SOLANA_RPC_URL: 'https://api.devnet.solana.com' }).chainHeartbeatMs).toBe(3_600_000);
    expect(parseConfig({ CYXWIZ_CHAIN_HEARTBEAT_SECONDS: '60' }).chainHeartbeatMs).toBe(60_000);
    expect(failure({ CYXWIZ_CHAIN_HEARTBEAT_SECONDS: '0' }).fields.map((field) => field.path)).toEqual(['CYXWIZ_CHAIN_HEARTBEAT_SECONDS']);
  });

  it('does not repeat a secret in its error', () => {
    expect(failure({ DATABASE_URL: 'mysql://root:hunter2@db/x' }).message).not.toContain('hunter2');
  });
});

describe('envOf', () => {
  const variables = Object.values(portVariables).map(({ variable }) => variable);
  const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: variables.length, maxLength: variables.length });
  const optional = (values: readonly string[]): fc.Arbitrary<string | undefined> => fc.option(fc.constantFrom(...values), { nil: undefined });
  const environments = fc.record({
    ports,
    CYXWIZ_HOME: optional(['/data', 'state']),
    CYXWIZ_HOST: optional(['0.0.0.0', '10.1.2.3']),
    CYXWIZ_STORAGE_URL: optional(['http://storage:1']),
    CYXWIZ_PUBLIC_STORAGE_URL: optional(['https://storage.example/']),
    DATABASE_URL: optional(['postgres://u:p@h/d']),
    MONGODB_URI: optional(['mongodb://h/d']),
    SOLANA_RPC_URL: optional(['https://rpc.example', 'http://h:1234']),
    TEMPORAL_ADDRESS: optional(['t:7233']),
    TEMPORAL_API_KEY: optional(['key']),
    TEMPORAL_TLS: optional(['true', 'false']),
    CYXWIZ_PAYLOAD_KEYS_FILE: optional(['/keys/p.json']),
    CYXWIZ_PAYLOAD_PLAIN: optional(['accept', 'refuse']),
    CYXWIZ_CHAIN_HEARTBEAT_SECONDS: optional(['60']),
    CYXWIZ_CHALLENGE_CPU_MIB: optional(['1', '4096']),
    CYXWIZ_WORKER_VERSIONING: optional(['true', 'false']),
    CYXWIZ_GITHUB_URL: optional(['https://github.example/']),
    oauth: optional(['GITHUB', 'GOOGLE']),
    mail: optional(['mail@cyxwiz.example']),
    CYXWIZ_PUBLIC_URL: optional(['https://cyxwiz.example/']),
    CYXWIZ_PUBLIC_GRPC: optional(['grpc.cyxwiz.example:443', 'https://grpc.cyxwiz.example:443']),
    CYXWIZ_PUBLIC_GATEWAY: optional(['gateway.cyxwiz.example:443']),
  });

  it('is read back as the same configuration', () => {
    fc.assert(
      fc.property(environments, ({ ports: chosen, mail, oauth, ...rest }) => {
        const smtp = mail === undefined ? {} : { CYXWIZ_SMTP_URL: 'smtp://mail.example', CYXWIZ_MAIL_FROM: mail };
        const application = oauth === undefined ? {} : { [`CYXWIZ_${oauth}_CLIENT_ID`]: 'id', [`CYXWIZ_${oauth}_CLIENT_SECRET`]: 's' };
        const env = { ...rest, ...smtp, ...application, ...Object.fromEntries(variables.map((variable, index) => [variable, String(chosen[index])])) };
        const config = parseConfig(env);
        expect(parseConfig(envOf(config))).toEqual(config);
      }),
    );
  });
});
