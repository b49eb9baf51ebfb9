import { CyxError } from '#core/errors/cyx-error';
import type { Checkpoint as CheckpointMessage, Hardware as HardwareMessage, NodeServiceServer, WrappedKey as WrappedKeyMessage } from '#proto/gen/cyxwiz/node/v1/node_service';
import type { WrappedKey } from '#cyxcloud/client/lease-keys';
import { isApiKey } from '#api/auth/api-keys';
import type { Hardware, MachineActor } from '#api/services/machine-types';
import type { StoredCheckpoint } from '#api/services/node-types';
import type { Actor, Services } from '#api/services/types';
import { unary, type CallContext, type CallOptions } from './calls.ts';

/** Translates between messages and services; decides nothing. */
export function createNodeService(services: Services, options: CallOptions): NodeServiceServer {
  const { serverNodes } = services;
  const node = (context: CallContext) => services.tokens.verifyNodeToken(context.bearer());
  /** The machine's API key, or its owner's login. */
  const owner = async (context: CallContext): Promise<Actor | MachineActor> => {
    const bearer = context.bearer();
    return isApiKey(bearer) ? services.machines.authenticate(bearer) : services.tokens.verifyUserToken(bearer);
  };
  return {
    registerNode: unary(options, async (request, context) => {
      const { nodeId, account, stakeBase, registerSignature, notice } = await serverNodes.register(await owner(context), {
        ...request,
        hardware: hardwareFromMessage(request.hardware),
      });
      return { nodeId, nodeAccount: account, stakeBase, registerSignature, notice };
    }),
    issueNodeToken: unary(options, async ({ machineId, nodeId }, context) => {
      const caller = await owner(context);
      const machine = 'userId' in caller ? { ...caller, machineId, ownerId: caller.userId } : caller;
      const { token, expiresAt, taskQueues } = await serverNodes.issueToken(machine, nodeId);
      return { token, expiresAt, taskQueues: [...taskQueues] };
    }),
    heartbeat: unary(options, async ({ nodeId }, context) => serverNodes.heartbeat(await node(context), nodeId)),
    claimJob: unary(options, async (request, context) => serverNodes.claim(await node(context), request)),
    acquireLease: unary(options, async ({ resumeBeforeStep, publicKey, ...request }, context) => {
      const lease = await serverNodes.acquireLease(await node(context), { ...request, publicKey: new Uint8Array(publicKey), resumeBeforeStep: Number(resumeBeforeStep) });
      const { graphJson, hyperParametersJson, dataset, modelKey, deadlineAt, storageUrl, checkpointEverySteps, resumeFrom } = lease;
      return {
        graphJson,
        hyperParametersJson,
        dataset: { cid: dataset.cid, key: wrappedToMessage(dataset.key) },
        modelKey: wrappedToMessage(modelKey),
        deadlineAt,
        storageUrl,
        checkpointEverySteps,
        resumeFrom: resumeFrom === null ? undefined : checkpointToMessage(resumeFrom),
      };
    }),
    reportCheckpoint: unary(options, async ({ jobId, attempt, checkpoint }, context) => {
      await serverNodes.reportCheckpoint(await node(context), { jobId, attempt, checkpoint: checkpointFromMessage(checkpoint) });
      return {};
    }),
    reportProgress: unary(options, async (request, context) => {
      await serverNodes.reportProgress(await node(context), { ...request, step: Number(request.step), steps: Number(request.steps) });
      return {};
    }),
    reportCompletion: unary(options, async (request, context) => {
      await serverNodes.reportCompletion(await node(context), {
        ...request,
        modelSizeBytes: Number(request.modelSizeBytes),
        commitment: new Uint8Array(request.commitment),
        trainingMs: Number(request.trainingMs),
      });
      return {};
    }),
    ...machineCalls(services, options, owner),
  };
}

/** What the machine or its owner asks for, whether it is a node already or not. */
type MachineCalls = Pick<NodeServiceServer, 'drainNode' | 'beginChallenge' | 'reportFilled' | 'commitAnswer' | 'revealAnswer'>;

function machineCalls({ serverNodes }: Services, options: CallOptions, owner: (context: CallContext) => Promise<Actor | MachineActor>): MachineCalls {
  return {
    drainNode: unary(options, async ({ nodeId, draining }, context) => {
      await serverNodes.setDraining(await owner(context), nodeId, draining);
      return {};
    }),
    beginChallenge: unary(options, async (request, context) => {
      const { challengeId, task } = await serverNodes.beginChallenge(await owner(context), request);
      return { challengeId, ...task };
    }),
    reportFilled: unary(options, async (request, context) => serverNodes.reportFilled(await owner(context), request)),
    commitAnswer: unary(options, async ({ challengeId, digest }, context) => {
      await serverNodes.commitAnswer(await owner(context), { challengeId, digest: new Uint8Array(digest) });
      return {};
    }),
    revealAnswer: unary(options, async ({ challengeId, values }, context) => {
      const { passed, reason, measured } = await serverNodes.revealAnswer(await owner(context), { challengeId, values: new Uint8Array(values) });
      return { passed, reason, memoryMib: measured.memoryMib, gflops: measured.gflops, bandwidthGbs: measured.bandwidthGBs };
    }),
  };
}

function wrappedToMessage({ encapsulated, ciphertext }: WrappedKey): WrappedKeyMessage {
  return { encapsulated: Buffer.from(encapsulated), ciphertext: Buffer.from(ciphertext) };
}

function checkpointToMessage({ step, sizeBytes, stateHash, chain, ...rest }: StoredCheckpoint): CheckpointMessage {
  return { ...rest, step: BigInt(step), sizeBytes: BigInt(sizeBytes), stateHash: Buffer.from(stateHash), chain: Buffer.from(chain) };
}

function checkpointFromMessage(message: CheckpointMessage | undefined): StoredCheckpoint {
  if (message === undefined) throw new CyxError('INVALID_INPUT', 'checkpoint: is required');
  const { step, sizeBytes, stateHash, chain, ...rest } = message;
  return { ...rest, step: Number(step), sizeBytes: Number(sizeBytes), stateHash: new Uint8Array(stateHash), chain: new Uint8Array(chain) };
}

function hardwareFromMessage(message: HardwareMessage | undefined): Hardware {
  return {
    cpus: message?.cpus ?? [],
    gpus: (message?.gpus ?? []).map(({ deviceId, name, vramMb, cudaVersion }) => ({ deviceId, name, vramMb: Number(vramMb), cudaVersion })),
    ramTotalMb: Number(message?.ramTotalMb ?? 0),
  };
}
