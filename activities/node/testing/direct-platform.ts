import type { NodeIdentity } from '#api/auth/tokens';
import type { ServerNodeServices } from '#api/services/node-types';
import { createLeaseKeyPair, type LeaseKeyPair } from '#cyxcloud/client/lease-keys';
import type { PlatformPort } from '../ports.ts';

type NodeWork = Pick<ServerNodeServices, 'claim' | 'acquireLease' | 'reportProgress' | 'reportCheckpoint' | 'reportCompletion'>;

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (raw: Uint8Array): string => Buffer.from(raw).toString('hex');

/** The platform's real services without the wire in between. */
export function directPlatform(work: NodeWork, node: NodeIdentity): PlatformPort {
  let keyPair: Promise<LeaseKeyPair> | undefined;
  return {
    claimJob: (jobId, attempt, refusal) => work.claim(node, { jobId, attempt, accept: refusal === undefined, reason: refusal ?? '' }),
    async acquireLease(jobId, attempt, resumeBeforeStep = 0) {
      const { publicKey, open } = await (keyPair ??= createLeaseKeyPair());
      const { dataset, modelKey, resumeFrom, ...lease } = await work.acquireLease(node, { jobId, attempt, resumeBeforeStep, publicKey });
      const binding = { jobId, attempt, leaseEndsAtMs: lease.deadlineAt.getTime() };
      const keys = { datasetKey: await open(dataset.key, { ...binding, purpose: 'dataset' }), modelKey: await open(modelKey, { ...binding, purpose: 'model' }) };
      const point = resumeFrom === null ? {} : { resumeFrom: { ...resumeFrom, stateHash: hex(resumeFrom.stateHash), chain: hex(resumeFrom.chain) } };
      return { ...lease, ...point, ...keys, datasetCid: dataset.cid };
    },
    reportProgress: ({ sequence, ...report }) => work.reportProgress(node, { ...report, sequence: BigInt(sequence), log: '' }),
    async reportCheckpoint({ jobId, attempt, stateHash, chain, ...checkpoint }) {
      await work.reportCheckpoint(node, { jobId, attempt, checkpoint: { ...checkpoint, stateHash: bytes(stateHash), chain: bytes(chain) } });
    },
    reportCompletion: ({ commitmentHex, ...report }) => work.reportCompletion(node, { ...report, commitment: bytes(commitmentHex) }),
  };
}
