import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { NODE_FILES } from '#core/node/folder';
import type { CliContext } from '../context.ts';
import { runningProcess, withNode, type ChosenNode, type NodeChoice } from '../node/this-node.ts';
import { ofNode } from './node-status.ts';

const LOOK_MS = 1_000;

/**
 * The node hands back what it has, from its last step, and takes nothing new; nobody is slashed for that. Where it runs on
 * this machine, its process then leaves; one that runs elsewhere stays, and may be resumed from here.
 */
export function drainCommand(context: () => CliContext): Command {
  return ofNode(new Command('drain').description('hand back the job that the node has, from its last step, and take no new one; the process of this machine’s node then leaves'))
    .option('--no-wait', 'return at once, while the job is being handed back')
    .action(({ wait, ...choice }: NodeChoice & { wait: boolean }) => withNode(context(), choice, (chosen) => drain(context(), chosen, wait)));
}

async function drain(context: CliContext, { nodeId, client, local }: ChosenNode, wait: boolean): Promise<void> {
  const pid = local === undefined ? undefined : runningProcess(local.dir);
  await client.nodes.setDraining(nodeId, true);
  // Found by the node itself: so it also leaves where nobody waits for it.
  if (local !== undefined && pid !== undefined) askToLeave(local.dir);
  if (!wait) return context.print({ nodeId, draining: true, isDrained: false }, ['The node is draining; how far it has come: cyxwiz node status']);

  let told = '';
  const tell = (line: string): void => {
    if (!context.json && line !== told) process.stderr.write(`${line}\n`);
    told = line;
  };
  for (;;) {
    const { jobs } = await client.nodes.status(nodeId);
    const leaves = local !== undefined && pid !== undefined && runningProcess(local.dir) === pid;
    if (jobs.length === 0 && !leaves) break;
    tell(jobs.length > 0 ? `job ${jobs.map(({ jobId }) => jobId).join(', ')} is being handed back …` : 'nothing is left to hand back; the process leaves …');
    await sleep(LOOK_MS);
  }
  context.print({ nodeId, draining: true, isDrained: true, hasLeft: pid !== undefined }, [
    pid === undefined ? 'Drained: the node holds no job and takes no new one.' : 'Drained: the node holds no job, and its process has left.',
    `It works again after: cyxwiz node resume${local === undefined ? '' : ', and cyxwiz node start'}`,
  ]);
}

/** It may have ended at this very moment, and then there is nothing to leave behind for its next start. */
function askToLeave(dir: string): void {
  const file = join(dir, NODE_FILES.leave);
  writeFileSync(file, '', { mode: 0o600 });
  if (runningProcess(dir) === undefined) rmSync(file, { force: true });
}
