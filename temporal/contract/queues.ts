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

export function verifierQueue(deviceClass: DeviceClass): string {
  return `verify.${deviceClass}`;
}
