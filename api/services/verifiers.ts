import type { Client } from '@temporalio/client';
import { CyxError } from '#core/errors/cyx-error';
import type { NodeRow } from '#db/postgres/database';
import { verifierQueue } from '#temporal/contract/queues';
import { describeActivityQueue } from './activity-queue.ts';

/** Says whose results can be verified at the moment. */
export interface VerifierDirectory {
  /** Whether somebody would verify what this class's job gives on a processor of this instruction set. */
  isOnline(deviceClass: string, instructionSet: string): Promise<boolean>;
  /** Of these nodes, those whose results somebody would verify. NO_CAPABLE_NODE where there is none: such a job could never be paid. */
  requireFor(deviceClass: string, nodes: readonly NodeRow[]): Promise<NodeRow[]>;
}

/** A verifier polls the queue of its class and its instruction set; a positive answer is believed for this long. */
const BELIEVED_FOR_MS = 10_000;

export function createVerifierDirectory(temporal: Client): VerifierDirectory {
  const seenAtMs = new Map<string, number>();
  const isOnline: VerifierDirectory['isOnline'] = async (deviceClass, instructionSet) => {
    const queue = verifierQueue(deviceClass, instructionSet);
    const now = Date.now();
    if (now - (seenAtMs.get(queue) ?? -Infinity) < BELIEVED_FOR_MS) return true;
    const { pollers } = await describeActivityQueue(temporal, queue);
    if ((pollers ?? []).length === 0) return false;
    seenAtMs.set(queue, now);
    return true;
  };
  return {
    isOnline,
    requireFor: async (deviceClass, nodes) => {
      const sets = [...new Set(nodes.map((node) => node.instructionSet))];
      const online = await Promise.all(sets.map(async (set) => ((await isOnline(deviceClass, set)) ? [set] : [])));
      const verified = nodes.filter((node) => online.flat().includes(node.instructionSet));
      if (verified.length === 0) {
        throw new CyxError('NO_CAPABLE_NODE', `No verifier of class ${deviceClass} is online, so a result could not be paid. Choose another device class, or try again later.`);
      }
      return verified;
    },
  };
}
