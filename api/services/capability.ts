import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createThrottle, type Allowance } from '#api/auth/throttle';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { sampledPlaces } from '#core/hardware/challenge/maths';
import { answerLength, challengeSize, challengeTaskSchema, judgeTimes, seedSchema, type ChallengeTask } from '#core/hardware/challenge/task';
import { deviceClassSchema } from '#core/hardware/device-class';
import { idText } from '#core/input/ids';
import { nextChallengeAt, standingOf } from '#core/node/capability';
import { closeChallenge, findChallenge, insertChallenge, markAnswered, markFilled, takeForChecking } from '#db/postgres/challenges';
import type { NodeChallengeRow } from '#db/postgres/database';
import { patchNode, requireNode } from '#db/postgres/nodes';
import { createAnswerCheck } from './answer-check.ts';
import type { ServiceDeps } from './deps.ts';
import type { MachineActor } from './machine-types.ts';
import type { CapabilityServices, ChallengeOutcome } from './node-types.ts';
import type { Actor } from './types.ts';

type Deps = Pick<ServiceDeps, 'postgres' | 'mongo' | 'challengeSizes'>;

/** Filling takes seconds; the answer has to come long before. */
const EXPIRES_AFTER_MS = 10 * 60_000;
const CHALLENGES_OF_MACHINE: Allowance = { calls: 10, windowMs: 10 * 60_000 };
/** Who made a tenth of the answer up is found out by these more often than not, a third nearly always. */
const CHECKED_VALUES = 8;

const beginSchema = z.object({
  machineId: z.string().min(1).max(64),
  deviceClass: deviceClassSchema,
  nodeId: z.union([z.literal(''), idText('a node')]),
});
const challengeIdSchema = z.object({ challengeId: idText('a challenge') });
const commitSchema = challengeIdSchema.extend({ digest: z.instanceof(Uint8Array).refine((bytes) => bytes.length === 32, 'must have 32 bytes') });
const revealSchema = challengeIdSchema.extend({ values: z.instanceof(Uint8Array) });
/** What is stored as the task: with the digest, once there is one. */
const storedTaskSchema = challengeTaskSchema.extend({ digest: z.string().optional() });

/**
 * A machine shows what it can do. The platform's clock runs from the task to `filled`, which says how fast it computes, and
 * from the nonce to the answer's digest, which says whether all products were in its memory. A challenge belongs to one
 * machine, is good for one try, and expires.
 */
export function createCapability(deps: Deps): CapabilityServices {
  const { db } = deps.postgres;
  const throttle = createThrottle();
  const check = createAnswerCheck();

  const requireOpen = async (actor: Actor | MachineActor, challengeId: string): Promise<NodeChallengeRow> => {
    const challenge = await findChallenge(db, challengeId);
    if (challenge === null) throw new CyxError('NOT_FOUND', 'There is no such challenge. Begin a new one.');
    await requireMachine(deps, actor, challenge.machineId);
    if (challenge.passed !== null) throw new CyxError('STATE_CONFLICT', 'This challenge is over. Begin a new one.');
    if (challenge.issuedAt.getTime() + EXPIRES_AFTER_MS < Date.now()) throw new CyxError('STATE_CONFLICT', 'This challenge has expired. Begin a new one.');
    return challenge;
  };

  return {
    beginChallenge: async (actor, input) => {
      const { machineId, deviceClass, nodeId } = parseInput(beginSchema, input);
      await requireMachine(deps, actor, machineId);
      if (nodeId !== '') {
        const node = await requireNode(db, nodeId);
        if (node.machineId !== machineId) throw new CyxError('FORBIDDEN', 'This node runs on another machine.');
        if (node.deviceClass !== deviceClass) throw new CyxError('INVALID_INPUT', `This node is of class ${node.deviceClass}: it has to show that one.`);
        // Else it could go through one whenever that suits it, and never be asked at a moment that does not.
        if (standingOf(node, Date.now()) === 'shown') throw new CyxError('STATE_CONFLICT', 'This node was not asked to show again what it can do. A heartbeat says when it is.');
      }
      throttle.take([[machineId, CHALLENGES_OF_MACHINE]]);
      const task: ChallengeTask = { ...challengeSize(deviceClass, deps.challengeSizes), seed: randomBytes(16).toString('hex') };
      const challengeId = randomUUID();
      await insertChallenge(db, { id: challengeId, machineId, nodeId: nodeId === '' ? null : nodeId, deviceClass, task });
      return { challengeId, task };
    },

    reportFilled: async (actor, input) => {
      const { challengeId } = parseInput(challengeIdSchema, input);
      await requireOpen(actor, challengeId);
      const nonce = randomBytes(16);
      if (!(await markFilled(db, challengeId, nonce))) throw new CyxError('STATE_CONFLICT', 'The nonce of this challenge was given already. Begin a new one.');
      return { nonce: nonce.toString('hex') };
    },

    commitAnswer: async (actor, input) => {
      const { challengeId, digest } = parseInput(commitSchema, input);
      await requireOpen(actor, challengeId);
      if (!(await markAnswered(db, challengeId, Buffer.from(digest).toString('hex')))) throw new CyxError('STATE_CONFLICT', 'An answer to this challenge was fixed already, or it has no nonce yet. Begin a new one.');
    },

    revealAnswer: async (actor, input) => {
      const { challengeId, values } = parseInput(revealSchema, input);
      const challenge = await requireOpen(actor, challengeId);
      if (!(await takeForChecking(db, challengeId))) throw new CyxError('STATE_CONFLICT', 'This challenge has no answer yet, or it was sent already. Send its digest first, or begin a new one.');
      const outcome = await judge(challenge, values, check);
      if (!(await closeChallenge(db, challengeId, outcome))) throw new CyxError('STATE_CONFLICT', 'This challenge is over. Begin a new one.');
      if (challenge.nodeId !== null) {
        await patchNode(db, challenge.nodeId, { measured: outcome.passed ? outcome.measured : null, challengeDueAt: randomDue() });
      }
      return outcome;
    },
  };
}

/** A time that the machine can not foresee. */
export function randomDue(): Date {
  return nextChallengeAt(Date.now(), randomInt(1_000_000) / 1_000_000);
}

async function requireMachine({ mongo }: Deps, actor: Actor | MachineActor, machineId: string): Promise<void> {
  if (!('userId' in actor)) {
    if (actor.machineId !== machineId) throw new CyxError('FORBIDDEN', 'This API key belongs to another machine.');
    return;
  }
  const machine = await mongo.machines.findOne({ _id: machineId });
  if (machine === null || machine.ownerId !== actor.userId) {
    throw new CyxError('NOT_FOUND', `You have no machine ${machineId}. Register it first (POST /api/machines/register).`);
  }
}

type Check = ReturnType<typeof createAnswerCheck>;

async function judge(challenge: NodeChallengeRow, bytes: Uint8Array, check: Check): Promise<ChallengeOutcome> {
  const { filledAt, answeredAt, nonce, issuedAt, deviceClass } = challenge;
  if (filledAt === null || answeredAt === null || nonce === null) throw new CyxError('STATE_CONFLICT', 'This challenge has no answer yet: send its digest first.');
  const { digest, ...task } = storedTaskSchema.parse(challenge.task);
  const times = { fillMs: filledAt.getTime() - issuedAt.getTime(), answerMs: answeredAt.getTime() - filledAt.getTime() };
  const { measured, refusal } = judgeTimes(deviceClass, task, times, answeredAt);
  const failed = (reason: string): ChallengeOutcome => ({ passed: false, reason, measured });
  if (refusal !== null) return failed(refusal);
  const values = floatsOf(bytes, answerLength(task));
  if (values === null || createHash('sha256').update(bytes).digest('hex') !== digest) return failed('the answer is not the one whose digest was sent');
  const nonceHex = seedSchema.parse(Buffer.from(nonce).toString('hex'));
  const places = sampledPlaces(task, CHECKED_VALUES, () => randomInt(2 ** 47) / 2 ** 47);
  const right = await check(task, nonceHex, places.map((at) => ({ at, value: values[at]! })));
  return right ? { passed: true, reason: '', measured } : failed('the answer is wrong');
}

function floatsOf(bytes: Uint8Array, length: number): Float32Array | null {
  if (bytes.byteLength !== length * Float32Array.BYTES_PER_ELEMENT) return null;
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
