import type { AppLoadContext } from '@remix-run/node';
import type { Actor } from '#api/services/types';
import { CyxError } from '#core/errors/cyx-error';
import { formatCyxwiz, parseCyxwiz } from '#core/money/amount';
import { textOf } from './form.ts';
import { afterEnding, noJobWords } from './node-words.ts';

type Handler = (context: AppLoadContext, actor: Actor, form: FormData) => Promise<string>;

/** What the forms of the devices page do; each answers with what is so now. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  'maintenance-on': async ({ services }, actor, form) => {
    await services.machines.setMaintenance(actor, textOf(form, 'machine'), true);
    return 'The machine is in maintenance: its nodes hand back what they have and take nothing new.';
  },
  'maintenance-off': async ({ services }, actor, form) => {
    const { machineId } = await services.machines.setMaintenance(actor, textOf(form, 'machine'), false);
    const nodes = (await services.nodes.listMine(actor)).filter((node) => node.machineId === machineId);
    const takeNone = nodes.some((node) => noJobWords(node).length > 0);
    return takeNone ? 'The machine is back. What still keeps a node of it from jobs stands beside that node.' : 'The machine is back: its nodes take jobs again.';
  },
  drain: async ({ services }, actor, form) => {
    await services.serverNodes.setDraining(actor, textOf(form, 'node'), true);
    return 'The node is draining: it hands back what it has and takes nothing new.';
  },
  resume: async ({ services }, actor, form) => {
    const nodeId = textOf(form, 'node');
    await services.serverNodes.setDraining(actor, nodeId, false);
    return afterEnding('The draining has ended', await services.nodes.getMine(actor, nodeId));
  },
  'pause-node': async ({ services }, actor, form) => {
    await services.nodes.setPaused(actor, textOf(form, 'node'), true);
    return 'The node is paused: it ends the job that it has and takes no new one.';
  },
  'unpause-node': async ({ services }, actor, form) => {
    const nodeId = textOf(form, 'node');
    await services.nodes.setPaused(actor, nodeId, false);
    return afterEnding('The pause has ended', await services.nodes.getMine(actor, nodeId));
  },
  'top-up': async ({ services }, actor, form) => {
    const input = { requestId: textOf(form, 'requestId'), amountBase: amountOf(form, 'amount') };
    const { amountBase, stakeBase } = await services.nodes.topUpStake(actor, textOf(form, 'node'), input);
    return `${formatCyxwiz(amountBase)} CYXWIZ went from your wallet to the stake, which is ${formatCyxwiz(stakeBase)} CYXWIZ now.`;
  },
  pause: async ({ services }, actor, form) => {
    await services.machines.setUnitStatus(actor, textOf(form, 'unit'), 'paused');
    return 'The device is paused: it ends the job that it has and takes no new one.';
  },
  activate: async ({ services }, actor, form) => {
    await services.machines.setUnitStatus(actor, textOf(form, 'unit'), 'active');
    return 'The pause of the device has ended. What else keeps its node from jobs stands beside that node.';
  },
  allocate: async ({ services }, actor, form) => {
    const numbers = ['vramAllocatedMb', 'vramReservedMb', 'coresAllocated'].filter((name) => form.has(name)).map((name) => [name, numberOf(form, name)]);
    await services.machines.setAllocation(actor, textOf(form, 'unit'), Object.fromEntries(numbers) as Record<string, number>);
    return 'The allocation is set.';
  },
};

function amountOf(form: FormData, name: string): bigint {
  try {
    const amountBase = parseCyxwiz(textOf(form, name).trim());
    if (amountBase > 0n) return amountBase;
  } catch {
    // No amount at all is told like none above 0.
  }
  throw new CyxError('INVALID_INPUT', 'Give an amount of CYXWIZ above 0.', { fields: [{ path: name, message: 'give an amount above 0, such as 10 or 0.5' }] });
}

function numberOf(form: FormData, name: string): number {
  const text = textOf(form, name).trim();
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CyxError('INVALID_INPUT', 'Give a whole number, 0 or more.', { fields: [{ path: name, message: 'must be a whole number, 0 or more' }] });
}

/** Does what a form of the devices page asks for. */
export async function changeMachines(context: AppLoadContext, actor: Actor, form: FormData): Promise<string> {
  const intent = textOf(form, 'intent');
  const handler = Object.hasOwn(HANDLERS, intent) ? HANDLERS[intent] : undefined;
  if (handler === undefined) throw new CyxError('INVALID_INPUT', 'The form was damaged on its way. Try again.');
  return handler(context, actor, form);
}
