import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { formatCyxwiz } from '#core/money/amount';
import { NODE_FILES } from '#core/node/folder';
import type { CliContext } from '../context.ts';
import { statusLines, whyNoJobs } from '../node/status-lines.ts';
import { runningProcess, withNode, type ChosenNode, type NodeChoice } from '../node/this-node.ts';

/** Every command about a node says in the same way which one it is about. */
export function ofNode(command: Command): Command {
  return command.option('--node <id>', 'one of your own nodes, wherever it runs; without it, the one of this machine').option('--dir <folder>', 'the folder that was given to setup');
}

/** What one sees of a node, and the flags that one sets. */
export function statusCommands(context: () => CliContext): Command[] {
  return [statusCommand(context), earningsCommand(context), pauseCommand(context), resumeCommand(context)];
}

function statusCommand(context: () => CliContext): Command {
  return ofNode(new Command('status').description('how the node is, what it works on, and why it was slashed')).action((choice: NodeChoice) =>
    withNode(context(), choice, async ({ nodeId, client, local }) => {
      const [status, slashes] = await Promise.all([client.nodes.status(nodeId), client.nodes.slashes(nodeId)]);
      const pid = local === undefined ? undefined : (runningProcess(local.dir) ?? null);
      context().print({ ...status, slashes, ...(pid === undefined ? {} : { pid }) }, statusLines(status, slashes, pid));
    }),
  );
}

function earningsCommand(context: () => CliContext): Command {
  return ofNode(new Command('earnings').description('what the node was paid, in all and by day')).action((choice: NodeChoice) =>
    withNode(context(), choice, async ({ nodeId, client }) => {
      const earned = await client.nodes.earnings(nodeId);
      context().print(earned, [
        `${formatCyxwiz(earned.amountBase)} CYXWIZ for ${earned.paidJobs} jobs`,
        ...earned.days.map(({ day, amountBase, paidJobs }) => `  ${day}  ${formatCyxwiz(amountBase)} CYXWIZ  ${paidJobs} jobs`),
      ]);
    }),
  );
}

function pauseCommand(context: () => CliContext): Command {
  return ofNode(new Command('pause').description('take no new job; the one that it has is ended')).action((choice: NodeChoice) =>
    withNode(context(), choice, async ({ nodeId, client }) => {
      await client.nodes.setPaused(nodeId, true);
      context().print({ nodeId, paused: true }, ['The node is paused: it ends the job that it has and takes no new one, until: cyxwiz node resume']);
    }),
  );
}

function resumeCommand(context: () => CliContext): Command {
  return ofNode(new Command('resume').description('take jobs again, after pause or drain')).action((choice: NodeChoice) => withNode(context(), choice, (chosen) => resume(context(), chosen)));
}

async function resume(context: CliContext, { nodeId, client, local }: ChosenNode): Promise<void> {
  // Else its process would still leave, as "drain" asked it to.
  if (local !== undefined) rmSync(join(local.dir, NODE_FILES.leave), { force: true });
  await client.nodes.setPaused(nodeId, false);
  await client.nodes.setDraining(nodeId, false);
  const status = await client.nodes.status(nodeId);
  const stillNot = whyNoJobs(status);
  const isRunning = local === undefined || runningProcess(local.dir) !== undefined;
  context.print({ ...status, takesJobs: stillNot.length === 0 }, [
    ...(stillNot.length === 0 ? ['The node takes jobs again.'] : ['The node is neither paused nor drained any more, but it still takes no jobs:', ...stillNot.map((line) => `  ${line}`)]),
    ...(isRunning ? [] : ['It does not run here at the moment: cyxwiz node start']),
  ]);
}
