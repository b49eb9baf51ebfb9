import type { AccountImage } from '../chain/records.ts';
import { decodeBase58 } from '../codec/base58.ts';
import { RpcError } from './errors.ts';
import { strictBase64, type AccountFilter } from './params.ts';

export type AccountTest = (image: AccountImage) => boolean;

/** Longest byte string a cluster compares with. */
const MAX_COMPARED_BYTES = 128;

/** All filters at once; the bytes to compare with are decoded only here, not for each account. */
export function accountTest(filters: readonly AccountFilter[]): AccountTest {
  const tests = filters.map(oneTest);
  return (image) => tests.every((test) => test(image));
}

function oneTest(filter: AccountFilter): AccountTest {
  if ('dataSize' in filter) return (image) => image.data.length === filter.dataSize;
  const { offset, bytes, encoding } = filter.memcmp;
  const want = encoding === 'base64' ? strictBase64(bytes) : decodeBase58(bytes);
  if (want === undefined || want.length > MAX_COMPARED_BYTES)
    throw new RpcError(
      'invalidParams',
      `Invalid params: memcmp.bytes must be at most ${MAX_COMPARED_BYTES} bytes in ${encoding ?? 'base58'}`,
    );
  return ({ data }) =>
    offset + want.length <= data.length && Buffer.compare(data.subarray(offset, offset + want.length), want) === 0;
}
