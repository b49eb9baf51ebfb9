import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DataConverter } from '@temporalio/common';
import { NativeConnection, Runtime, makeTelemetryFilterString, type NativeConnectionOptions, type WorkerDeploymentOptions } from '@temporalio/worker';
import type { Config, TemporalConfig } from '#core/config/config';
import { toCyxError } from '#core/errors/cyx-error';
import { PLATFORM_DEPLOYMENT } from '#temporal/client/worker-version';
import { openDataConverter } from '#temporal/codec/data-converter';
import { stopSignals } from './stop-signals.ts';

/** What every composition root shares: one `ready` line, a clean stop, and words instead of a stack where it fails. */
export function runProcess(name: string, main: (stopped: AbortSignal, atOnce: AbortSignal) => Promise<void>): void {
  const { stopped, atOnce } = stopSignals();
  main(stopped, atOnce).then(
    // 0, unless it said otherwise.
    () => process.exit(),
    (error: unknown) => {
      const { message, cause } = toCyxError(error);
      const reason = cause instanceof Error ? `\n${cause.stack ?? cause.message}` : '';
      process.stderr.write(`${name} stopped: ${message}${reason}\n`);
      process.exit(1);
    },
  );
}

/** What went wrong as one line of JSON on standard output: whoever started this tells it in their own way. */
export function reportFailure(error: unknown): void {
  const { code, message, fields } = toCyxError(error);
  process.stdout.write(`${JSON.stringify({ error: { code, message, fields } })}\n`);
}

export function ready(name: string, facts: Readonly<Record<string, unknown>> = {}): void {
  const line = JSON.stringify({ ready: name, ...facts, pid: process.pid });
  // On a terminal it is a person who started this.
  const isForPeople = process.stdout.isTTY && process.env['CYXWIZ_NODE_JSON'] !== '1';
  process.stdout.write(`${isForPeople ? `The ${name} is ready, as process ${process.pid}. Ctrl-C ends it.` : line}\n`);
}

/** Temporal's core logs warnings and worse to stderr, where the stack keeps them. Call before any worker is made. */
export function installRuntime(): void {
  Runtime.install({
    shutdownSignals: [], // each process stops its workers itself
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'WARN' }) } },
  });
}

export async function connectWorker(temporal: TemporalConfig): Promise<NativeConnection> {
  const tls = temporal.tls === undefined ? undefined : nativeTls(temporal.tls);
  return NativeConnection.connect({
    address: temporal.address,
    ...(tls === undefined ? {} : { tls }),
    ...(temporal.apiKey === undefined ? {} : { apiKey: temporal.apiKey }),
  });
}

function nativeTls(files: NonNullable<TemporalConfig['tls']>): NonNullable<NativeConnectionOptions['tls']> {
  const { caFile, certFile, keyFile } = files;
  return {
    ...(caFile === undefined ? {} : { serverRootCACertificate: readFileSync(caFile) }),
    ...(certFile === undefined || keyFile === undefined ? {} : { clientCertPair: { crt: readFileSync(certFile), key: readFileSync(keyFile) } }),
  };
}

/** What every worker of the platform is made with: it reads and writes encrypted payloads. */
export function dataConverterOf(config: Config): DataConverter {
  return openDataConverter(config.temporal.privacy);
}

const BUILD_ID_CHARACTERS = 16;

/** The same workflow code is the same build; its source map, which says where it was bundled, does not count. */
export function buildIdOf(bundleFile: string): string {
  const [code] = readFileSync(bundleFile, 'utf8').split('\n//# sourceMappingURL=');
  return createHash('sha256').update(code ?? '').digest('hex').slice(0, BUILD_ID_CHARACTERS);
}

/** Open workflows go on under the newest build; `patched` and the replay of all recorded histories make that safe. */
export function deploymentOf(buildId: string): WorkerDeploymentOptions {
  return { version: { deploymentName: PLATFORM_DEPLOYMENT, buildId }, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}

/** The KMS key file holds 32 bytes as base64. */
export function readKmsKey(config: Config): Uint8Array {
  return new Uint8Array(Buffer.from(readFileSync(`${config.keysDir}/kms.key`, 'utf8').trim(), 'base64'));
}

export function logError(event: string, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level: 'error', event, message })}\n`);
}
