export { CyxCloudClient } from './client.ts';
export { decryptStream, encryptStream, generateKey } from './cipher.ts';
export { CidMeter } from './cid-stream.ts';
export { DEFAULT_CHUNK_BYTES, encryptedLength, KEY_BYTES } from './object-header.ts';
export { parseObjectCid } from './unixfs.ts';
export { sha256, toHex } from './bytes.ts';
export type {
  CyxCloud,
  CyxCloudClientOptions,
  GetOptions,
  ObjectInfo,
  PutOptions,
  PutProgress,
  PutResult,
} from './types.ts';
