import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { CyxError } from '#core/errors/cyx-error';
import type { PayloadKeyring } from './keyring.ts';
import { isSealed, open, seal } from './sealed-payload.ts';

const PayloadMessage = proto.temporal.api.common.v1.Payload;

/**
 * What happens to a payload that nobody encrypted: of a history from before, or of a client without our keys.
 * `refuse` where there is none of either: then nobody without a key can slip a payload in.
 */
export type PlainPayloads = 'accept' | 'refuse';

export interface PayloadCodecOptions {
  /** Default `accept`. */
  readonly plain?: PlainPayloads;
}

/** The same codec on a payload's protobuf, for whoever rewrites messages without decoding them. */
export interface PayloadBytesCodec {
  encode(payload: Uint8Array): Uint8Array;
  /** @throws CyxError as `createPayloadCodec`'s `decode` rejects. */
  decode(payload: Uint8Array): Uint8Array;
}

/**
 * What clients and workers are given. `decode` rejects with CyxError INTERNAL where a key is missing or a payload was
 * altered, and with INVALID_INPUT for a plain payload where those are refused.
 */
export function createPayloadCodec(keyring: PayloadKeyring, options: PayloadCodecOptions = {}): PayloadCodec {
  return {
    encode: async (payloads) => payloads.map((payload) => seal(PayloadMessage.encode(payload).finish(), keyring)),
    decode: async (payloads) => payloads.map((payload) => opened(payload, keyring, options)),
  };
}

function opened(payload: Payload, keyring: PayloadKeyring, options: PayloadCodecOptions): Payload {
  if (isSealed(payload)) return PayloadMessage.decode(open(payload, keyring));
  takePlain(options);
  return payload;
}

export function createPayloadBytesCodec(keyring: PayloadKeyring, options: PayloadCodecOptions = {}): PayloadBytesCodec {
  return {
    encode: (bytes) => PayloadMessage.encode(seal(bytes, keyring)).finish(),
    decode(bytes) {
      const payload = PayloadMessage.decode(bytes);
      if (isSealed(payload)) return open(payload, keyring);
      takePlain(options);
      return bytes;
    },
  };
}

function takePlain({ plain = 'accept' }: PayloadCodecOptions): void {
  if (plain === 'accept') return;
  throw new CyxError('INVALID_INPUT', 'A payload is not encrypted, and CYXWIZ_PAYLOAD_PLAIN=refuse says that all are. Give its sender the payload keys, or accept plain payloads while such histories are open.');
}
