import { createHash } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';
import type { ChallengeSolver } from '#core/hardware/challenge/plain-solver';
import type { ChallengeTask } from '#core/hardware/challenge/task';
import { startChallengeProcess } from '#engine/node/challenge/solve-in-child';

export interface ShownCapability {
  readonly passed: boolean;
  /** Why not, where it did not. */
  readonly reason: string;
  readonly memoryMib: number;
  readonly gflops: number;
  readonly bandwidthGBs: number;
}

/** The platform's side of a challenge. Every method throws a CyxError. */
export interface ChallengePort {
  begin(apiKey: string, request: { readonly machineId: string; readonly deviceClass: string; readonly nodeId: string }): Promise<{ challengeId: string; task: ChallengeTask }>;
  filled(apiKey: string, challengeId: string): Promise<{ nonce: string }>;
  commit(apiKey: string, challengeId: string, digest: Uint8Array): Promise<void>;
  reveal(apiKey: string, challengeId: string, values: Uint8Array): Promise<ShownCapability>;
}

export interface ChallengeRequest {
  readonly apiKey: string;
  readonly machineId: string;
  readonly deviceClass: string;
  /** The node that shows it again; left out before a registration. */
  readonly nodeId?: string;
}

/** Shows what this machine can do with this solver. What the solver needs to get ready has to be there: the clock runs at once. */
export async function goThroughChallenge(port: ChallengePort, { apiKey, machineId, deviceClass, nodeId = '' }: ChallengeRequest, solver: ChallengeSolver): Promise<ShownCapability> {
  const { challengeId, task } = await port.begin(apiKey, { machineId, deviceClass, nodeId });
  const filled = await solver.fill(task);
  try {
    const { nonce } = await port.filled(apiKey, challengeId);
    const values = await filled.answer(nonce);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    await port.commit(apiKey, challengeId, createHash('sha256').update(bytes).digest());
    return await port.reveal(apiKey, challengeId, bytes);
  } finally {
    await filled.close();
  }
}

/** Shows what this machine can do with the backend that trains here. */
export async function showCapability(port: ChallengePort, request: ChallengeRequest, options: { readonly threads?: number | undefined; readonly signal?: AbortSignal } = {}): Promise<ShownCapability> {
  const { threads, signal } = options;
  const process = await startChallengeProcess({ threads });
  const close = (): void => void process.close();
  signal?.addEventListener('abort', close);
  try {
    if (signal?.aborted === true) throw new CyxError('CANCELLED', 'The challenge was broken off');
    return await goThroughChallenge(port, request, process);
  } finally {
    signal?.removeEventListener('abort', close);
    await process.close();
  }
}
