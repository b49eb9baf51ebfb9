import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { isErrorCode } from '#core/errors/table';
import { formatCyxwiz } from '#core/money/amount';
import { NODE_FILES } from '#core/node/folder';
import { appFolderOf } from '#core/node/installation';
import { MIN_TRAINING_MEMORY_MB } from '#engine/node/memory-bound';
import type { CliContext } from '../context.ts';
import { amountOption } from '../node/amount-option.ts';
import { serviceAccount, serviceUnit } from '../node/service-unit.ts';
import { findLocalNode, nodeFolder, requireLocalNode } from '../node/this-node.ts';
import { stageUpdate } from '../node/update.ts';
import { drainCommand } from './node-drain.ts';
import { logsCommand } from './node-logs.ts';
import { stakeCommands } from './node-stake.ts';
import { statusCommands } from './node-status.ts';

/** Rents this machine out. The node itself is a process of its own, the same as in the embedded platform. */
export function nodeCommand(context: () => CliContext): Command {
  const node = new Command('node')
    .description('rent this machine out')
    .addCommand(
      new Command('setup')
        .description('list this machine: measures it, stakes 100 CYXWIZ from your wallet, registers its node')
        .option('--price <cyxwiz>', 'what an hour costs, in CYXWIZ (300 where left out)', amountOption)
        .option('--dir <folder>', 'where the node keeps its files, its API key among them')
        .option('--memory-limit <MiB>', 'what a training may hold in memory (four fifths of the machine where left out)', mebibytes)
        .option('--allow-network', 'start also where nothing can keep trainings from the network')
        .action(async ({ price, dir, memoryLimit, allowNetwork = false }: SetupOptions) => {
          const env = { CYXWIZ_TOKEN: context().token(), CYXWIZ_NODE_DIR: nodeFolder(context(), dir), ...given({ CYXWIZ_NODE_PRICE: price, CYXWIZ_NODE_MEMORY_MB: memoryLimit, CYXWIZ_NODE_ALLOW_NETWORK: allowNetwork ? '1' : undefined }) };
          const { code, out } = await runWorker('node-setup', env, 'pipe');
          if (code !== 0) throw reportedFailure(out);
          show(context(), resultSchema.parse(JSON.parse(out)));
        }),
    )
    .addCommand(
      new Command('start')
        .description('work for the platform until Ctrl-C, or until "node drain" has it leave; a job in hand is handed back first, and nobody is slashed for that (Ctrl-C again leaves at once). A drained node works again after "node resume"')
        .option('--dir <folder>', 'the folder that was given to setup')
        .action(async ({ dir }: { dir?: string }) => {
          requireLocalNode(nodeFolder(context(), dir));
          process.exitCode = (await runWorker('node', { CYXWIZ_NODE_CONFIG: join(nodeFolder(context(), dir), NODE_FILES.config), CYXWIZ_NODE_JSON: context().json ? '1' : '0' }, 'inherit')).code;
        }),
    )
    .addCommand(
      new Command('update')
        .description('install the newest version beside this one; a node that runs from there starts it once it has no job')
        .option('--app <folder>', 'where versions stand side by side')
        .option('--dir <folder>', 'the folder that was given to setup: of the platform that this node works for')
        .action(async ({ app: chosen, dir }: { app?: string; dir?: string }) => {
          const { config, json, print } = context();
          const site = findLocalNode(nodeFolder(context(), dir))?.apiUrl ?? config.publicUrls.web;
          const app = resolve(chosen ?? installedIn() ?? join(config.home, 'app'));
          const note = (line: string): void => void (json || process.stderr.write(`${line} …\n`));
          const update = await stageUpdate({ site, app, note });
          const { version, folder, isNew } = update;
          print(update, [isNew ? `Version ${version} is in place: ${folder}` : `Version ${version} is the newest, and in place already.`, ...afterUpdate(app)]);
        }),
    )
    .addCommand(
      new Command('service')
        .description('print a systemd unit that starts this node with the machine; how to install it stands at its top')
        .option('--dir <folder>', 'the folder that was given to setup')
        .action(({ dir }: { dir?: string }) => {
          const local = requireLocalNode(nodeFolder(context(), dir));
          const unit = serviceUnit({
            node: process.execPath,
            command: fileURLToPath(new URL('../bin.mjs', import.meta.url)),
            dir: local.dir,
            cyxwizHome: context().config.home,
            ...serviceAccount(local.dir),
          });
          context().print({ unit }, [unit.trimEnd()]);
        }),
    );
  for (const command of [...statusCommands(context), drainCommand(context), ...stakeCommands(context), logsCommand(context)]) node.addCommand(command);
  return node;
}

interface SetupOptions {
  readonly price?: string;
  readonly dir?: string;
  readonly memoryLimit?: string;
  readonly allowNetwork?: boolean;
}

/** A node takes over a version only where it was started from one beside it. */
function afterUpdate(app: string): string[] {
  if (installedIn() === app) return ['A node that was started from here leaves with exit code 75 when it is idle, and its service starts the new one.'];
  return [`Start the node from there: ${join(app, 'current', 'bin', 'cyxwiz')} node start`, 'From then on updates are taken up by themselves, as soon as the node is idle and its service starts it again.'];
}

/** The versions that this command is one of. */
function installedIn(): string | undefined {
  return appFolderOf(fileURLToPath(import.meta.url))?.app;
}

/** Without what was not said. */
function given(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function mebibytes(text: string): string {
  if (/^[1-9]\d{2,7}$/.test(text) && Number(text) >= MIN_TRAINING_MEMORY_MB) return text;
  throw new InvalidArgumentError(`It must be a whole number of MiB from ${MIN_TRAINING_MEMORY_MB} on, such as 8192.`);
}

const failureSchema = z.object({
  error: z.object({ code: z.string().refine(isErrorCode), message: z.string(), fields: z.array(z.object({ path: z.string(), message: z.string() })) }),
});

/** What set-up said went wrong, to be told like any other failure. */
function reportedFailure(out: string): CyxError {
  const last = out.trim().split('\n').at(-1) ?? '';
  const parsed = z.string().transform((text) => JSON.parse(text) as unknown).pipe(failureSchema).safeParse(last === '' ? '{}' : last);
  if (!parsed.success) return new CyxError('INTERNAL', 'Setting up this node ended without a reason. What it wrote above may say more.');
  const { code, message, fields } = parsed.data.error;
  return new CyxError(code, message, { fields });
}

const resultSchema = z.object({ nodeId: z.string(), machineId: z.string(), deviceClass: z.string(), pricePerHourBase: z.string(), configFile: z.string() });

function show(context: CliContext, result: z.output<typeof resultSchema>): void {
  const { nodeId, deviceClass, pricePerHourBase, configFile } = result;
  context.print(result, [
    `This machine is node ${nodeId} of class ${deviceClass}, for ${formatCyxwiz(BigInt(pricePerHourBase))} CYXWIZ an hour.`,
    `Who it is stands in ${configFile}, with its API key: show it to nobody.`,
    'It works from now on: cyxwiz node start',
  ]);
}

/** What it reports as it goes on is for people to see. */
async function runWorker(name: 'node' | 'node-setup', env: Readonly<Record<string, string>>, stdout: 'inherit' | 'pipe'): Promise<{ code: number; out: string }> {
  const script = fileURLToPath(new URL(`../../workers/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script], { env: { ...process.env, ...env }, stdio: ['inherit', stdout, 'inherit'] });
  // Ctrl-C reaches the child, too, which stops in order; this process only waits for it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  let out = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const code = await new Promise<number>((done, failed) => {
    child.once('error', failed);
    child.once('close', (status) => done(status ?? 1));
  });
  return { code, out };
}
