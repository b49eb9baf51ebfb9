import type { DeviceClass } from '#core/hardware/device-class';

/** Task queue names, shared by workers, workflows and the gateway. Plain data: no I/O here. */
export const PLATFORM_QUEUE = 'platform';

/** Reliable nodes are asked first, for a few seconds; then every node of the class. */
export type Tier = 'reliable' | 'open';

export function capabilityQueue(deviceClass: DeviceClass, tier: Tier = 'open'): string {
  return tier === 'reliable' ? `train.${deviceClass}.reliable` : `train.${deviceClass}`;
}

export function nodeQueue(nodeId: string): string {
  return `node.${nodeId}`;
}

/**
 * Results are verified on processors of the instruction set that made them. The name without one is of before there were
 * such: of nodes that never told theirs.
 */
export function verifierQueue(deviceClass: DeviceClass, instructionSet = ''): string {
  return instructionSet === '' ? `verify.${deviceClass}` : `verify.${deviceClass}.${instructionSet}`;
}
