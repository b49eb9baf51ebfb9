import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import type { NodeStatus } from '#api/client/node-types';
import { CyxError } from '#core/errors/cyx-error';
import { formatCyxwiz, parseCyxwiz } from '#core/money/amount';
import type { CliContext } from '../context.ts';
import { withNode, type ChosenNode, type NodeChoice } from '../node/this-node.ts';
import { amountOption } from '../node/amount-option.ts';
import { repeatable } from '../node/repeatable.ts';
import { whyNoJobs } from '../node/status-lines.ts';
import { ofNode } from './node-status.ts';

const LOCK_MS = 7 * 86_400_000;

export function stakeCommands(context: () => CliContext): Command[] {
  return [unstakeCommand(context), topUpCommand(context)];
}

interface UnstakeOptions extends NodeChoice {
  readonly cancel: boolean;
  readonly yes: boolean;
}

function unstakeCommand(context: () => CliContext): Command {
  return ofNode(new Command('unstake').description('take the stake back: it is locked for 7 days first, in which the node takes no new job'))
    .option('--cancel', 'take that back, as long as the stake is locked', false)
    .option('-y, --yes', 'do not ask; needed where nobody can be asked', false)
    .action(({ cancel, yes, ...choice }: UnstakeOptions) => withNode(context(), choice, (chosen) => (cancel ? cancelUnstaking(context(), chosen) : unstake(context(), chosen, yes)), { asOwner: true }));
}

async function unstake(context: CliContext, { nodeId, client }: ChosenNode, yes: boolean): Promise<void> {
  const plan = planOf(await client.nodes.status(nodeId));
  if (!yes) await confirm(context, plan);
  const begun = await client.nodes.beginUnstaking(nodeId);
  const when = begun.availableAt === null ? 'as soon as its jobs have ended' : `at ${begun.availableAt.toISOString()}`;
  context.print({ ...begun, plan }, [
    ...(yes ? plan : []),
    `${formatCyxwiz(begun.stakeBase)} CYXWIZ are locked; what is left of them comes back ${when}, at the earliest.`,
    'Until then you can take it back: cyxwiz node unstake --cancel',
  ]);
}

/** What moves, when, and what can still be undone. */
function planOf(node: NodeStatus): string[] {
  if (node.unstaking) {
    const until = node.unstakeAvailableAt === null ? '' : ` until ${node.unstakeAvailableAt.toISOString()}`;
    return [`Node ${node.nodeId} is unstaking already: its ${formatCyxwiz(node.stakeBase)} CYXWIZ are locked${until}. Nothing begins anew.`];
  }
  return [
    `Node ${node.nodeId} would give its stake of ${formatCyxwiz(node.stakeBase)} CYXWIZ back:`,
    '  now: it takes no new job; a job that it has goes on, and is paid as ever',
    `  for 7 days, until about ${new Date(Date.now() + LOCK_MS).toISOString()}: the stake stays locked, and a slash still takes its share`,
    '  then, once its jobs have been judged: all that is left goes to your wallet',
    'Until that moment all of it can be undone (cyxwiz node unstake --cancel); afterwards, by staking again (cyxwiz node top-up 100).',
  ];
}

async function confirm({ json }: CliContext, plan: readonly string[]): Promise<void> {
  if (json || !process.stdin.isTTY) throw new CyxError('INVALID_INPUT', `This is not done without a word of yours. Read the plan, then add --yes.\n${plan.join('\n')}`);
  process.stderr.write(plan.map((line) => `${line}\n`).join(''));
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await ask.question('Unstake? Type yes: ');
    if (answer.trim().toLowerCase() !== 'yes') throw new CyxError('CANCELLED', 'Nothing was changed.');
  } finally {
    ask.close();
  }
}

async function cancelUnstaking(context: CliContext, { nodeId, client }: ChosenNode): Promise<void> {
  const cancelled = await client.nodes.cancelUnstaking(nodeId);
  const stillNot = whyNoJobs(await client.nodes.status(nodeId));
  const stays = `The stake of ${formatCyxwiz(cancelled.stakeBase)} CYXWIZ stays where it is`;
  context.print(cancelled, stillNot.length === 0 ? [`${stays}, and the node takes jobs again.`] : [`${stays}, but the node still takes no jobs:`, ...stillNot.map((line) => `  ${line}`)]);
}

function topUpCommand(context: () => CliContext): Command {
  return ofNode(new Command('top-up').description('add to the stake from your wallet; a slashed node works again from 100 CYXWIZ up').argument('<cyxwiz>', 'how much to add', amountOption))
    .option('--request-id <id>', 'repeat it to add once; a new one where left out')
    .action((amount: string, { requestId = randomUUID(), ...choice }: TopUpOptions) => withNode(context(), choice, (chosen) => topUp(context(), chosen, { requestId, amount }), { asOwner: true }));
}

interface TopUpOptions extends NodeChoice {
  readonly requestId?: string;
}

async function topUp(context: CliContext, { nodeId, client }: ChosenNode, { requestId, amount }: { requestId: string; amount: string }): Promise<void> {
  const added = await client.nodes.topUpStake(nodeId, { requestId, amountBase: parseCyxwiz(amount) }).catch((error: unknown) => {
    throw repeatable(error, requestId);
  });
  context.print({ ...added, requestId }, [`Added ${formatCyxwiz(added.amountBase)} CYXWIZ: the stake is ${formatCyxwiz(added.stakeBase)} CYXWIZ. Transaction ${added.signature}`]);
}
