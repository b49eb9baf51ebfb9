import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { isErrorCode, type ErrorCode } from '#core/errors/table';
import { sha256, type Bytes } from './bytes.ts';
import { CidMeter } from './cid-stream.ts';
import { decryptStream, encryptStream, generateKey } from './cipher.ts';
import type { CyxCloud, CyxCloudClientOptions, GetOptions, ObjectInfo, PutOptions, PutResult } from './types.ts';
import { parseObjectCid } from './unixfs.ts';

const putAnswerSchema = z.object({
  cid: z.string(),
  encryptedBytes: z.number(),
  storedBytes: z.number(),
  shardLocations: z.array(z.string()),
});
const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  facts: z.record(z.string(), z.string()).optional(),
});

/** `duplex` is what fetch asks for with a streaming body; TypeScript's DOM types do not know it yet. */
interface StreamingInit extends RequestInit {
  readonly duplex: 'half';
}

/** Encrypts, stores, fetches and decrypts objects. The key never leaves this side. */
export class CyxCloudClient implements CyxCloud {
  readonly #options: CyxCloudClientOptions;
  readonly #baseUrl: string;
  readonly #fetch: typeof globalThis.fetch;

  constructor(options: CyxCloudClientOptions) {
    this.#options = options;
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  async put(source: ReadableStream<Uint8Array> | Blob | Uint8Array, options: PutOptions = {}): Promise<PutResult> {
    const key = options.key?.slice() ?? generateKey();
    const totalBytes = source instanceof Uint8Array ? source.length : source instanceof Blob ? source.size : undefined;
    const counter = countingStream(totalBytes, options.onProgress);
    const meter = new CidMeter();
    const body = toStream(source).pipeThrough(counter.stream).pipeThrough(encryptStream({ key })).pipeThrough(meter.stream);
    const answer = await this.#upload(body, options.signal);
    const stored = await readAnswer(answer);
    if (stored.cid !== meter.cid || stored.encryptedBytes !== meter.totalBytes) {
      throw new CyxError('STORAGE_CORRUPT', `The gateway stored ${stored.cid}, but ${meter.cid} was sent: put the object again`);
    }
    const { storedBytes, shardLocations, encryptedBytes, cid } = stored;
    return { cid, key, keyHash: await sha256(key), sizeBytes: counter.sentBytes(), encryptedBytes, storedBytes, shardLocations };
  }

  async get(cid: string, key: Uint8Array, options: GetOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#request('GET', cid, options.signal);
    if (response.body === null) throw new CyxError('UNAVAILABLE', 'The storage gateway answered without a body: try again');
    // The CID is checked before the cipher sees the end, so the last chunk of a wrong object is never released.
    return named(response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new CidMeter(cid).stream)
      .pipeThrough(decryptStream({ key }));
  }

  async getBytes(cid: string, key: Uint8Array, options: GetOptions = {}): Promise<Uint8Array> {
    const stream = await this.get(cid, key, options);
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      sizeBytes += value.length;
    }
    const whole = new Uint8Array(sizeBytes);
    let offset = 0;
    for (const piece of pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    return whole;
  }

  async head(cid: string): Promise<ObjectInfo> {
    const { headers } = await this.#request('HEAD', cid);
    return {
      cid,
      encryptedBytes: Number(headers.get('content-length')),
      storedBytes: Number(headers.get('x-cyxcloud-stored-bytes')),
      createdAt: headers.get('x-cyxcloud-created-at') ?? '',
      shardLocations: (headers.get('x-cyxcloud-shard-locations') ?? '').split(','),
      shardsPresent: Number.parseInt(headers.get('x-cyxcloud-shards') ?? '0', 10),
    };
  }

  async delete(cid: string): Promise<void> {
    await this.#request('DELETE', cid);
  }

  async #upload(body: ReadableStream<Uint8Array>, signal: AbortSignal | undefined): Promise<Response> {
    const mode = this.#options.uploadBody ?? ('document' in globalThis ? 'blob' : 'stream');
    if (mode === 'blob') return this.#send('/objects', { method: 'PUT', body: await new Response(body).blob(), signal: signal ?? null });
    // Without a window and redirects, fetch has no reason to keep a copy of the body: Node's keeps all of it otherwise.
    const once = { duplex: 'half', window: null } as const;
    const init: StreamingInit = { method: 'PUT', body: body as ReadableStream<Bytes>, signal: signal ?? null, ...once };
    return this.#send('/objects', init);
  }

  async #request(method: string, cid: string, signal?: AbortSignal): Promise<Response> {
    return this.#send(`/objects/${parseObjectCid(cid)}`, { method, signal: signal ?? null });
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const headers = { authorization: `Bearer ${await this.#options.token()}` };
    let response: Response;
    try {
      response = await this.#fetch(`${this.#baseUrl}${path}`, { ...init, headers, redirect: 'error' });
    } catch (error) {
      throw transportError(error, init.signal ?? undefined);
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

async function readAnswer(response: Response): Promise<z.output<typeof putAnswerSchema>> {
  const parsed = putAnswerSchema.safeParse(await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new CyxError('UNAVAILABLE', 'The storage gateway’s answer was cut off: put the object again');
}

/** The gateway's problem+json as the error it was. */
async function problemOf(response: Response): Promise<CyxError> {
  const parsed = problemSchema.safeParse(await response.json().catch(() => undefined));
  const code = parsed.data?.code ?? response.headers.get('x-cyxcloud-error');
  const known: ErrorCode = isErrorCode(code) ? code : 'UNAVAILABLE';
  const message = parsed.data?.detail ?? `The storage gateway answered ${response.status} (${known})`;
  return new CyxError(known, message, { facts: parsed.data?.facts ?? {} });
}

/** A failure inside our own body stream keeps its meaning; anything else is the network's. */
function transportError(error: unknown, signal: AbortSignal | undefined): CyxError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof CyxError) return cause;
  }
  if (signal?.aborted === true) return new CyxError('CANCELLED', 'The transfer was cancelled', { cause: error });
  return new CyxError('UNAVAILABLE', 'The storage gateway can not be reached, or the connection broke: try again', { cause: error });
}

/** Turns a connection that breaks in the middle into an error of ours. */
function named(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(transportError(error, undefined));
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

const SLICE_BYTES = 1024 * 1024;

function toStream(source: ReadableStream<Uint8Array> | Blob | Uint8Array): ReadableStream<Uint8Array> {
  if (source instanceof ReadableStream) return source;
  if (source instanceof Blob) return source.stream();
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset < source.length) controller.enqueue(source.subarray(offset, offset + SLICE_BYTES));
      offset += SLICE_BYTES;
      if (offset >= source.length) controller.close();
    },
  });
}

function countingStream(
  totalBytes: number | undefined,
  onProgress: PutOptions['onProgress'],
): { stream: TransformStream<Uint8Array, Uint8Array>; sentBytes: () => number } {
  let sentBytes = 0;
  const stream = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      sentBytes += piece.length;
      controller.enqueue(piece);
      onProgress?.({ sentBytes, totalBytes });
    },
  });
  return { stream, sentBytes: () => sentBytes };
}

