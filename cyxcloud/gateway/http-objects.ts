import type { IncomingMessage, ServerResponse } from 'node:http';
import { CyxError } from '#core/errors/cyx-error';
import { parseObjectCid } from '../client/unixfs.ts';
import { TOTAL_SHARDS } from './erasure.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { parseRange, type ByteRange } from './read-object.ts';
import type { StorageActor, StorageServerOptions } from './types.ts';

/** One authenticated request on /objects. */
export interface ObjectCall {
  readonly store: ObjectStore;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly actor: StorageActor;
  readonly maxObjectBytes: number;
  readonly authorize: NonNullable<StorageServerOptions['authorize']>;
}

/** The object's CID, once this actor may see it. */
async function readable({ store, actor, authorize }: ObjectCall, cidText: string): Promise<string> {
  const cid = parseObjectCid(cidText);
  await authorize(actor, { kind: 'read', cid, owner: () => store.ownerOf(cid) });
  return cid;
}

export async function putObject({ store, request, response, actor, maxObjectBytes, authorize }: ObjectCall): Promise<void> {
  await authorize(actor, { kind: 'write' });
  const announcedBytes = Number(request.headers['content-length'] ?? 0);
  if (announcedBytes > maxObjectBytes) {
    throw new CyxError('PAYLOAD_TOO_LARGE', `An object may have at most ${maxObjectBytes} encrypted bytes`);
  }
  const stored = await store.put({ source: request, owner: actor.subject, maxObjectBytes, takeOver: actor.role === 'node' });
  const body = JSON.stringify(publicView(stored));
  response.writeHead(201, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    location: `/objects/${stored.cid}`,
  });
  response.end(body);
}

export async function getObject(call: ObjectCall, cidText: string): Promise<void> {
  const { store, request, response } = call;
  const read = await store.read(await readable(call, cidText));
  try {
    const range = parseRange(request.headers.range, read.encryptedBytes);
    const whole = { startByte: 0, endByte: read.encryptedBytes };
    const bytes = read.bytes(range ?? whole);
    // The first stripe is read before the status is sent, so that a lost object is an error and not a broken stream.
    const first = await bytes.next();
    writeGetHead(response, read, range);
    for (let piece = first; !piece.done; piece = await bytes.next()) {
      if (!(await writeFlushed(response, piece.value))) {
        await bytes.return(undefined);
        return;
      }
    }
    response.end();
  } finally {
    await read.close();
  }
}

export async function headObject(call: ObjectCall, cidText: string): Promise<void> {
  const { store, response } = call;
  const head = await store.head(await readable(call, cidText));
  response.writeHead(200, {
    ...objectHeaders(head),
    'content-length': head.encryptedBytes,
    'x-cyxcloud-stored-bytes': head.storedBytes,
    'x-cyxcloud-created-at': head.createdAt,
    'x-cyxcloud-shards': `${head.shardsPresent}/${TOTAL_SHARDS}`,
    'x-cyxcloud-shard-locations': head.shardLocations.join(','),
  });
  response.end();
}

export async function deleteObject({ store, response, actor }: ObjectCall, cidText: string): Promise<void> {
  await store.delete(parseObjectCid(cidText), actor);
  response.writeHead(204);
  response.end();
}

function writeGetHead(response: ServerResponse, read: StoredObject, range: ByteRange | undefined): void {
  if (range === undefined) {
    response.writeHead(200, { ...objectHeaders(read), 'content-length': read.encryptedBytes });
    return;
  }
  response.writeHead(206, {
    ...objectHeaders(read),
    'content-length': range.endByte - range.startByte,
    'content-range': `bytes ${range.startByte}-${range.endByte - 1}/${read.encryptedBytes}`,
  });
}

function objectHeaders(stored: StoredObject): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    // The CID names the bytes, so they never change; they are still for authenticated readers only.
    'cache-control': 'private, immutable, max-age=31536000',
    etag: `"${stored.cid}"`,
  };
}

function publicView(stored: StoredObject): Record<string, unknown> {
  const { cid, createdAt, encryptedBytes, storedBytes, shardLocations } = stored;
  return { cid, createdAt, encryptedBytes, storedBytes, shardLocations };
}

/**
 * Resolves when the bytes have left for the kernel, so that their buffer may be filled again.
 * `false`: the reader went away.
 */
async function writeFlushed(response: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  if (response.destroyed) return false;
  return new Promise((resolve) => {
    const gone = (): void => resolve(false);
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      resolve(error === undefined || error === null);
    });
  });
}
