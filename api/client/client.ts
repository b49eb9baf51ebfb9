import { CyxError } from '#core/errors/cyx-error';
import { CyxCloudClient } from '#cyxcloud/client/client';
import { followJob } from './follow.ts';
import { datasetFromWire, transferFromWire, userFromWire, walletFromWire } from './from-json.ts';
import { httpBytes, httpCall, type HttpTarget } from './http-call.ts';
import { createHttpJobs, pageQuery } from './http-jobs.ts';
import { createOwnNodes } from './own-nodes.ts';
import type { ClientOptions, CyxWizClient, DatasetView, JobTransport, Login, PutDatasetInput, StoredDataset } from './types.ts';
import { loginJson, transfersJson, userJson, walletJson } from './wire/account.ts';
import { keyFromText, keyToText } from './wire/common.ts';
import { datasetJson, datasetKeyJson, datasetsJson, modelKeyJson } from './wire/job.ts';
import { RECEIPT_MEDIA_TYPE } from './wire/receipt.ts';

export type * from './types.ts';

/** A client over HTTP alone: runs in browsers. Programs on Node take `createCyxWizClient` of `./node.ts`. */
export function createBrowserClient(options: ClientOptions): CyxWizClient {
  return assembleClient(options, createHttpJobs);
}

/** @internal The same client over any way to reach JobService. */
export function assembleClient(options: ClientOptions, transportOf: (target: HttpTarget) => JobTransport): CyxWizClient {
  let token = options.token ?? null;
  const target: HttpTarget = { baseUrl: options.httpUrl.replace(/\/+$/, ''), token: () => token };
  const transport = transportOf(target);
  const reach = options.storageFetch === undefined ? {} : { fetch: options.storageFetch };
  const cloud = new CyxCloudClient({ baseUrl: options.storageUrl, token: () => Promise.resolve(requireToken(token)), ...reach });

  const logIn = async (path: string, body: unknown): Promise<Login> => {
    const login = await httpCall(target, { method: 'POST', path, body }, loginJson);
    token = login.token;
    return { token, expiresAt: new Date(login.expires_at), user: userFromWire(login.user) };
  };

  return {
    auth: {
      register: (input) => logIn('/api/auth/register', input),
      login: (input) => logIn('/api/auth/login', input),
      loginWithKey: (apiKey) => logIn('/api/auth/login', { api_key: apiKey }),
      me: async () => userFromWire(await httpCall(target, { method: 'GET', path: '/api/auth/me' }, userJson)),
    },
    setToken: (value) => {
      token = value;
    },
    wallet: async () => {
      try {
        return walletFromWire(await httpCall(target, { method: 'GET', path: '/api/wallet' }, walletJson));
      } catch (error) {
        if (error instanceof CyxError && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    },
    walletTransfers: async (page = {}) => {
      const found = await httpCall(target, { method: 'GET', path: `/api/wallet/transfers?${pageQuery(page)}` }, transfersJson);
      return { transfers: found.transfers.map(transferFromWire), nextPageToken: found.next_page_token };
    },
    data: {
      put: (input) => putDataset(target, cloud, input),
      get: async (cid, key) => cloud.get(cid, key ?? (await datasetKey(target, cid))),
      list: () => allDatasets(target),
    },
    quote: (specification) => transport.quote(specification),
    submit: (input) => transport.submit(input),
    status: (jobId) => transport.status(jobId),
    cancel: (jobId) => transport.cancel(jobId),
    list: (page = {}) => transport.list(page),
    follow: (jobId, { afterEventId = 0n, signal = new AbortController().signal } = {}) => followJob(transport, jobId, afterEventId, signal),
    receipt: (jobId) => httpBytes(target, `/api/jobs/${encodeURIComponent(jobId)}/receipt`, RECEIPT_MEDIA_TYPE),
    downloadModel: async (jobId) => {
      const path = `/api/jobs/${encodeURIComponent(jobId)}/model`;
      const { cid, key } = await httpCall(target, { method: 'GET', path }, modelKeyJson);
      return { cid, stream: await cloud.get(cid, keyFromText(key)) };
    },
    nodes: createOwnNodes(target),
    close: () => transport.close(),
  };
}

async function putDataset(target: HttpTarget, cloud: CyxCloudClient, input: PutDatasetInput): Promise<StoredDataset> {
  const { meta } = input;
  const train = await cloud.put(input.train, input.onProgress === undefined ? {} : { onProgress: input.onProgress });
  const heldOut = await cloud.put(input.heldOut);
  const body = {
    cid: train.cid,
    key: keyToText(train.key),
    name: meta.name,
    samples: meta.samples,
    size_bytes: train.sizeBytes,
    sample_shape: meta.sampleShape,
    classes: meta.classes,
    input_dtype: meta.inputDtype,
    target_width: meta.targetWidth,
    held_out_cid: heldOut.cid,
    held_out_key: keyToText(heldOut.key),
    held_out_samples: meta.heldOutSamples,
  };
  const stored = await httpCall(target, { method: 'POST', path: '/api/datasets', body }, datasetJson);
  return { ...datasetFromWire(stored), key: train.key, heldOutCid: heldOut.cid, heldOutKey: heldOut.key };
}

async function allDatasets(target: HttpTarget): Promise<DatasetView[]> {
  const all: DatasetView[] = [];
  let pageToken = '';
  do {
    const page = await httpCall(target, { method: 'GET', path: `/api/datasets?${pageQuery({ pageSize: 100, pageToken })}` }, datasetsJson);
    all.push(...page.datasets.map(datasetFromWire));
    pageToken = page.next_page_token;
  } while (pageToken !== '');
  return all;
}

async function datasetKey(target: HttpTarget, cid: string): Promise<Uint8Array> {
  const path = `/api/datasets/${encodeURIComponent(cid)}/key`;
  return keyFromText((await httpCall(target, { method: 'GET', path }, datasetKeyJson)).key);
}

function requireToken(token: string | null): string {
  if (token === null) throw new CyxError('UNAUTHENTICATED', 'Log in first.');
  return token;
}
