import type { PayloadBytesCodec } from '#temporal/codec/payload-codec';

/** For tests of other things, which read at the server what a node has said. */
export const plainPayloads: PayloadBytesCodec = { encode: (payload) => payload, decode: (payload) => payload };
