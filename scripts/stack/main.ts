import pc from 'picocolors';
import { parseConfig, type Config } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import { isPlatformUp } from './running-platform.ts';
import { startStack, type Stack } from './start-stack.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function showUrls(config: Config): void {
  const rows: readonly (readonly [string, string])[] = [
    ['Web and API', config.publicUrls.web],
    ['gRPC', config.publicUrls.grpc],
    ['Provider gateway', config.publicUrls.gateway],
    ['Temporal', config.temporal.address],
    ['Temporal Web UI', config.publicUrls.temporalUi],
    ['Solana RPC', config.solanaRpcUrl],
    ['CyxCloud', config.storageUrl],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, url] of rows) say(`  ${label.padEnd(width)}  ${pc.cyan(url)}`);
}

/**
 * The first Ctrl-C ends everything in order; while that goes on, a second one ends this process at once. A terminal that
 * is closed (SIGHUP) asks for the same.
 */
function untilAskedToStop(): { readonly signal: AbortSignal; readonly asked: Promise<void> } {
  const controller = new AbortController();
  const asked = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        // A closing terminal may send SIGHUP more than once, beside others: only a person is in a hurry.
        if (controller.signal.aborted && name === 'SIGHUP') return;
        if (controller.signal.aborted) process.exit(130);
        controller.abort();
        resolve();
      });
    }
  });
  return { signal: controller.signal, asked };
}

async function start(config: Config, signal: AbortSignal): Promise<Stack | undefined> {
  try {
    return await startStack({ config, log: say, signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  if (await isPlatformUp(config)) {
    say('The platform is up already:');
    showUrls(config);
    return;
  }
  const { signal, asked } = untilAskedToStop();
  const startedAtMs = performance.now();
  const stack = await start(config, signal);
  if (stack === undefined) return say('Stopped before everything was up.');
  say(pc.green(`\nCyxWiz is up (${((performance.now() - startedAtMs) / 1000).toFixed(1)} s). State lies in ${stack.config.home}`));
  showUrls(stack.config);
  say(pc.dim('Ctrl-C stops it; nothing is lost.\n'));
  await asked;
  say('\nStopping …');
  await stack.stop();
  say('Stopped.');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof CyxError ? pc.red(error.message) : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = 1;
}
