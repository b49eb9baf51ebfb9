import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, type Config } from '#core/config/config';
import { toCyxError } from '#core/errors/cyx-error';
import { programsOnDisk } from '#programs/clients/ts/programs-on-disk';
import { startLocalnet, type Localnet } from '#programs/localnet/start-localnet';

/** The local Solana chain as its own process. Its state is below `<home>/localnet`. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const localnet = await startLocalnet({
    dataDir: join(config.home, 'localnet'),
    host: config.host,
    rpcPort: config.ports.solanaRpc,
    wsPort: config.ports.solanaWs,
    programs: programsOnDisk({ dir: config.programsDir }).map(({ name, programId, soPath }) => ({
      name,
      programId: programId.toBase58(),
      soPath,
    })),
    // Only tests set it; a chain whose clock jumped is no longer in step with the world.
    allowWarp: process.env['CYXWIZ_LOCALNET_ALLOW_WARP'] === 'true',
    ...readTls(config),
    log: (event, facts) =>
      process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...facts })}\n`),
    onFatal: (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  });
  stopOnSignal(localnet);
  const { rpcUrl, wsUrl, rpcPort, wsPort } = localnet;
  process.stdout.write(`${JSON.stringify({ ready: 'localnet', rpcUrl, wsUrl, rpcPort, wsPort, pid: process.pid })}\n`);
}

function readTls({ listenerTls }: Config): { tls?: { certPem: string; keyPem: string } } {
  if (listenerTls === undefined) return {};
  return {
    tls: { certPem: readFileSync(listenerTls.certFile, 'utf8'), keyPem: readFileSync(listenerTls.keyFile, 'utf8') },
  };
}

function stopOnSignal(localnet: Localnet): void {
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= localnet.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  const { message, cause } = toCyxError(error);
  const reason = cause instanceof Error ? `\n${cause.stack ?? cause.message}` : '';
  process.stderr.write(`The localnet did not start: ${message}${reason}\n`);
  process.exit(1);
});
