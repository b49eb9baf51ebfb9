import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from '@temporalio/common';

/** Typed search attributes. They are not encrypted: no secret, name or e-mail goes into one. */
export const JOB_STATE = defineSearchAttributeKey('JobState', SearchAttributeType.KEYWORD);
export const USER_ID = defineSearchAttributeKey('UserId', SearchAttributeType.KEYWORD);
export const DEVICE_CLASS = defineSearchAttributeKey('DeviceClass', SearchAttributeType.KEYWORD);
export const NODE_ID = defineSearchAttributeKey('NodeId', SearchAttributeType.KEYWORD);

/** What workflows about a node are found by. */
export function nodeAttributes(nodeId: string, deviceClass: string): SearchAttributePair[] {
  return [
    { key: NODE_ID, value: nodeId },
    { key: DEVICE_CLASS, value: deviceClass },
  ];
}
