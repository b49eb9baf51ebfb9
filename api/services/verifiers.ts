import type { Client } from '@temporalio/client';
import { CyxError } from '#core/errors/cyx-error';
import { verifierQueue } from '#temporal/contract/queues';
import { describeActivityQueue } from './activity-queue.ts';

/** Says whether results of a device class can be verified at the moment. */
export interface VerifierDirectory {
  /** Throws NO_CAPABLE_NODE where nobody could verify the result: such a job could never be paid. */
  requireFor(deviceClass: string): Promise<void>;
}

/** A verifier polls the queue of its class; a positive answer is believed for this long. */
const BELIEVED_FOR_MS = 10_000;

export function createVerifierDirectory(temporal: Client): VerifierDirectory {
  const seenAtMs = new Map<string, number>();
  return {
    requireFor: async (deviceClass) => {
      const now = Date.now();
      if (now - (seenAtMs.get(deviceClass) ?? -Infinity) < BELIEVED_FOR_MS) return;
      const { pollers } = await describeActivityQueue(temporal, verifierQueue(deviceClass));
      if ((pollers ?? []).length === 0) {
        throw new CyxError('NO_CAPABLE_NODE', `No verifier of class ${deviceClass} is online, so a result could not be paid. Choose another device class, or try again later.`);
      }
      seenAtMs.set(deviceClass, now);
    },
  };
}
