import { Command } from 'commander';
import { logWords } from '#core/node/log-words';
import { numberOption, type CliContext } from '../context.ts';
import { openLog } from '../node/log-lines.ts';
import { nodeFolder, requireLocalNode } from '../node/this-node.ts';

/** The log is on the machine that runs the node, and nowhere else. */
export function logsCommand(context: () => CliContext): Command {
  return new Command('logs')
    .description('what this machine’s node did')
    .option('--dir <folder>', 'the folder that was given to setup')
    .option('-n, --lines <count>', 'so many of the last lines', numberOption, 100)
    .option('-f, --follow', 'go on with what is written from now on, until Ctrl-C', false)
    .action(async ({ dir, lines, follow }: { dir?: string; lines: number; follow: boolean }) => {
      const folder = nodeFolder(context(), dir);
      requireLocalNode(folder);
      // The log's own lines are JSON already.
      const print = (line: string): void => void process.stdout.write(`${context().json ? line : logWords(line)}\n`);
      const log = openLog(folder);
      for (const line of log.last(Math.max(0, Math.floor(lines)))) print(line);
      const stop = new AbortController();
      if (!follow) stop.abort();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
      for await (const line of log.follow(stop.signal)) print(line);
      log.close();
    });
}
