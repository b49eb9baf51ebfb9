import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { deviceClassSchema } from '#core/hardware/device-class';
import { hardwareSchema } from '#core/hardware/inventory';
import { instructionSetSchema } from '#core/hardware/instruction-set';
import { formatCyxwiz, MAX_BASE } from '#core/money/amount';
import { MIN_STAKE_BASE } from '#core/money/split';
import { CHALLENGE_FRESH_MS, measuredOf, standingOf } from '#core/node/capability';
import { unusedPass, useChallenge } from '#db/postgres/challenges';
import type { Database, NewNodeRow, NodeRow } from '#db/postgres/database';
import { nodesOfMachine, requireNode, upsertNode } from '#db/postgres/nodes';
import { findWallet } from '#db/postgres/wallets';
import { workflowIds, WORKFLOW_TYPES } from '#temporal/contract/ids';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import type { NodeRegistrationInput } from '#workflows/node-registration/messages';
import { randomDue } from './capability.ts';
import type { ServiceDeps } from './deps.ts';
import { hardwareDocument } from './machine-documents.ts';
import type { MachineActor } from './machine-types.ts';
import { deviceForClass } from './node-queues.ts';
import type { RegisteredNode, RegisterNodeInput, ServerNodeServices } from './node-types.ts';
import { fromTemporalError } from './temporal-errors.ts';
import type { Actor } from './types.ts';
import type { VerifierDirectory } from './verifiers.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'temporal'>;

const REGISTRATION_TIMEOUT_MS = 120_000;

const registrationSchema = z.object({
  machineId: z.string().min(1).max(64),
  deviceClass: deviceClassSchema,
  hardware: hardwareSchema,
  pricePerHourBase: z.bigint().positive('must be above 0').max(MAX_BASE),
  stakeBase: z.bigint().max(MAX_BASE),
  samplesPerSecond: z.number().min(0).max(1e12),
  instructionSet: instructionSetSchema,
});

/** The row first, then the workflow that stakes and registers on chain; its result is waited for. */
export function createNodeRegistration(deps: Deps, verifiers: VerifierDirectory): ServerNodeServices['register'] {
  return async (actor, input) => {
    const wanted = parseInput(registrationSchema, input);
    const ownerId = ownerOf(actor, wanted.machineId);
    if (wanted.stakeBase < MIN_STAKE_BASE) {
      throw new CyxError('STAKE_TOO_LOW', `A node needs a stake of at least ${formatCyxwiz(MIN_STAKE_BASE)} CYXWIZ; you offered ${formatCyxwiz(wanted.stakeBase)}.`);
    }
    const node = await storeNode(deps, ownerId, wanted);
    if (node.state === 'UNREGISTERED') await runRegistration(deps, node, wanted.stakeBase);
    const registered = registeredNode(await requireNode(deps.postgres.db, node.id));
    return { ...registered, notice: await noticeFor(verifiers, wanted) };
  };
}

function ownerOf(actor: Actor | MachineActor, machineId: string): string {
  if ('userId' in actor) return actor.userId;
  if (actor.machineId !== machineId) throw new CyxError('FORBIDDEN', 'This API key belongs to another machine.');
  return actor.ownerId;
}

async function storeNode(deps: Deps, ownerId: string, wanted: RegisterNodeInput): Promise<NodeRow> {
  const [machine, wallet] = await Promise.all([
    deps.mongo.machines.findOne({ _id: wanted.machineId }),
    findWallet(deps.postgres.db, ownerId),
  ]);
  if (machine === null || machine.ownerId !== ownerId) {
    throw new CyxError('NOT_FOUND', `You have no machine ${wanted.machineId}. Register it first (POST /api/machines/register).`);
  }
  if (wallet === null) {
    throw new CyxError('STATE_CONFLICT', 'Your account has no wallet yet. It is made within seconds of signing up: try again in a moment.');
  }
  const deviceName = deviceForClass(wanted.hardware, wanted.deviceClass);
  if (deviceName === null) {
    throw new CyxError('NODE_NOT_ELIGIBLE', `No device of this machine is of class ${wanted.deviceClass}. Name a class that its hardware has.`);
  }
  const row: NewNodeRow = {
    id: randomUUID(),
    ownerId,
    machineId: wanted.machineId,
    ownerAddress: wallet.address,
    deviceClass: wanted.deviceClass,
    deviceName,
    hardware: hardwareDocument(wanted.hardware),
    state: 'UNREGISTERED',
    // One that is added to a machine under maintenance waits with the others.
    maintenance: machine.maintenance,
    pricePerHourBase: wanted.pricePerHourBase,
    samplesPerSecond: wanted.samplesPerSecond,
    instructionSet: wanted.instructionSet,
  };
  return deps.postgres.db.transaction((tx) => storeShown(tx, row));
}

/**
 * Stores the node with the challenge that its machine went through, which is good for this one node. A node that is
 * repeated and has shown what it can do needs none: from then on its heartbeats say when it has to show it again.
 */
async function storeShown(tx: Database, row: NewNodeRow): Promise<NodeRow> {
  const { machineId, deviceClass, deviceName } = row;
  const known = (await nodesOfMachine(tx, machineId)).find((node) => node.deviceClass === deviceClass && node.deviceName === deviceName);
  const shown = await unusedPass(tx, { machineId, deviceClass, after: new Date(Date.now() - CHALLENGE_FRESH_MS) });
  if (shown === null) {
    if (known === undefined || measuredOf(known) === null) throw notShown(deviceClass);
    return upsertNode(tx, row);
  }
  // Registered again, it is still asked when it was to be.
  const challengeDueAt = known !== undefined && standingOf(known, Date.now()) === 'shown' ? known.challengeDueAt : randomDue();
  const node = await upsertNode(tx, { ...row, measured: shown.measured, challengeDueAt });
  if (!(await useChallenge(tx, shown.id, node.id))) throw new CyxError('CONFLICT', 'This challenge was used at the same time. Begin a new one.');
  return node;
}

function notShown(deviceClass: string): CyxError {
  const minutes = CHALLENGE_FRESH_MS / 60_000;
  return new CyxError(
    'NODE_NOT_ELIGIBLE',
    `This machine has not shown in the last ${minutes} minutes that it is of class ${deviceClass}. Let it go through a challenge (BeginChallenge), then register it.`,
  );
}

/** Staking takes two transactions on chain; a caller is told to come back rather than left waiting for ever. */
async function runRegistration({ temporal }: Deps, node: NodeRow, stakeBase: bigint): Promise<void> {
  const input: NodeRegistrationInput = { nodeId: node.id, ownerId: node.ownerId, stakeBase: stakeBase.toString() };
  const workflowId = workflowIds.nodeRegistration(node.id);
  const run = async (): Promise<void> => {
    try {
      await temporal.workflow.execute(WORKFLOW_TYPES.nodeRegistration, {
        workflowId,
        taskQueue: PLATFORM_QUEUE,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        // Refused for want of funds, it may be tried again with the same node.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        staticSummary: `Stake ${formatCyxwiz(stakeBase)} CYXWIZ for a ${node.deviceClass} node`,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await temporal.workflow.getHandle(workflowId).result();
    }
  };
  try {
    await temporal.withDeadline(Date.now() + REGISTRATION_TIMEOUT_MS, run);
  } catch (error) {
    throw fromTemporalError(error);
  }
}

/** Such a node is welcome, but waits for somebody who could verify what it does. */
async function noticeFor(verifiers: VerifierDirectory, { deviceClass, instructionSet }: RegisterNodeInput): Promise<string> {
  if (await verifiers.isOnline(deviceClass, instructionSet)) return '';
  return `Nobody verifies results of ${deviceClass} on ${instructionSet} processors at the moment, so this node gets no job until somebody does.`;
}

function registeredNode(node: NodeRow): Omit<RegisteredNode, 'notice'> {
  if (node.account === null) throw new CyxError('STATE_CONFLICT', 'The node is not registered on chain yet. Try again in a moment.');
  return { nodeId: node.id, account: node.account, stakeBase: node.stakeBase, registerSignature: node.registerSignature ?? '' };
}
