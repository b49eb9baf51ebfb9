import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { toCyxError } from '#core/errors/cyx-error';
import { auditCommand } from './commands/audit.ts';
import { benchCommand } from './commands/bench.ts';
import { dataCommand } from './commands/data.ts';
import { jobCommand } from './commands/job.ts';
import { loginCommand, registerCommand } from './commands/login.ts';
import { nodeCommand } from './commands/node.ts';
import { receiptCommand } from './commands/receipt.ts';
import { trainCommand } from './commands/train.ts';
import { upCommand } from './commands/up.ts';
import { walletCommand } from './commands/wallet.ts';
import { createContext, type CliContext } from './context.ts';

/** Exit codes: 0 done, 1 it failed, 2 the command line is wrong; 128 + its number after a signal that `train` obeyed. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const program = new Command('cyxwiz')
    .description('Train models on rented machines, pay from an escrow, get verified models back.')
    .option('--json', 'print JSON, for programs', false)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  let context: CliContext | undefined;
  const lazily = (): CliContext => (context ??= createContext(env, wantsJson(argv)));
  for (const command of [upCommand, registerCommand, loginCommand, jobCommand, receiptCommand, dataCommand, walletCommand, nodeCommand, trainCommand, benchCommand, auditCommand]) {
    program.addCommand(inherit(command(lazily)));
  }
  try {
    await program.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return fail(error, wantsJson(argv));
  }
}

const wantsJson = (argv: readonly string[]): boolean => argv.includes('--json');

/** `--json` may stand anywhere, and a wrong command line never ends the process behind our back. */
function inherit(command: Command): Command {
  command.exitOverride();
  if (command.commands.length === 0) command.option('--json', 'print JSON, for programs');
  for (const child of command.commands) inherit(child);
  return command;
}

function fail(error: unknown, json: boolean): number {
  const known = toCyxError(error);
  const { code, message, fields, facts } = known;
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, fields, ...(Object.keys(facts).length === 0 ? {} : { facts }) } }, null, 2)}\n`);
  else process.stderr.write(`${pc.red('✗')} ${message}\n`);
  if (code === 'INTERNAL' && known.cause instanceof Error) process.stderr.write(`${pc.dim(known.cause.stack ?? '')}\n`);
  return 1;
}
