import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { openPayloadKeyring } from './keyring.ts';
import { createPayloadCodec, type PayloadCodecOptions } from './payload-codec.ts';

/** For whoever bundles workflows: a worker's bundle must hold the converter that the worker itself has. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));

/** Where the keys are and what is done with payloads that nobody encrypted. */
export interface PayloadPrivacy extends PayloadCodecOptions {
  /** The keyring file; see `openPayloadKeyring`. */
  readonly keysFile: string;
}

/**
 * What makes a client or worker private: payloads are encrypted, messages and stacks of failures with them. Search
 * attributes, ids, types and queue names stay readable, as Temporal needs them.
 * @throws CyxError INTERNAL where the keys can not be read.
 */
export function openDataConverter(privacy: PayloadPrivacy): DataConverter {
  return {
    payloadCodecs: [createPayloadCodec(openPayloadKeyring(privacy.keysFile), privacy)],
    failureConverterPath: FAILURE_CONVERTER_PATH,
  };
}
