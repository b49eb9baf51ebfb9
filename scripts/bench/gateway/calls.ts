import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { CleanUp } from '../job/clean-up.ts';
import type { Say } from '../report.ts';
import { alternate, type Pair } from '../statistics.ts';
import type { Place } from './bench.ts';
import { SINGLE_CALLS_QUEUE } from './contract.ts';

const { PollActivityTaskQueueRequest, PollActivityTaskQueueResponse, RecordActivityTaskHeartbeatRequest } = proto.temporal.api.workflowservice.v1;
const SERVICE = '/temporal.api.workflowservice.v1.WorkflowService/';
const WARM_UP = 100;
const asIs = (bytes: Buffer): Buffer => bytes;

/** One way to Temporal, with a task of its own that it can beat for. */
interface Way {
  call(method: string, body: Uint8Array): Promise<Buffer>;
  heartbeat: Uint8Array;
}

interface CallTimings {
  readonly method: string;
  readonly timings: readonly Pair[];
}

/** Single calls one at a time, each through the gateway beside one straight to Temporal, on connections that are open. */
export async function measureCalls({ client, temporalAddress, gatewayAddress, token, calls }: Place & { readonly calls: number }, cleanUp: CleanUp, say: Say): Promise<CallTimings[]> {
  say(`${calls} pairs of each single call`);
  const through = openWay(gatewayAddress, token, cleanUp);
  const direct = openWay(temporalAddress, undefined, cleanUp);
  const ways = await Promise.all([withTask(through, client, SINGLE_CALLS_QUEUE), withTask(direct, client, `${SINGLE_CALLS_QUEUE}-direct`)]);
  return [await timed('GetSystemInfo', ways, () => new Uint8Array(), calls), await timed('RecordActivityTaskHeartbeat', ways, ({ heartbeat }) => heartbeat, calls)];
}

async function timed(method: string, [through, direct]: readonly Way[], bodyOf: (way: Way) => Uint8Array, calls: number): Promise<CallTimings> {
  const time = async (way: Way): Promise<number> => {
    const startedMs = performance.now();
    await way.call(method, bodyOf(way));
    return performance.now() - startedMs;
  };
  await alternate(WARM_UP, () => time(through!), () => time(direct!));
  return { method, timings: await alternate(calls, () => time(through!), () => time(direct!)) };
}

function openWay(address: string, token: string | undefined, cleanUp: CleanUp): Way['call'] {
  const connection = new grpc.Client(address, grpc.credentials.createInsecure());
  cleanUp.add(() => connection.close());
  return (method, body) =>
    new Promise((resolve, reject) => {
      const metadata = new grpc.Metadata();
      if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
      connection.makeUnaryRequest(SERVICE + method, asIs, asIs, Buffer.from(body), metadata, { deadline: Date.now() + 30_000 }, (error, answer) => (error === null ? resolve(answer!) : reject(error)));
    });
}

async function withTask(call: Way['call'], client: Place['client'], queue: string): Promise<Way> {
  const namespace = 'default';
  const id = randomUUID();
  const timeouts = { startToCloseTimeout: { seconds: 600 as never } };
  await client.workflowService.startActivityExecution({ namespace, identity: 'bench', requestId: id, activityId: id, activityType: { name: 'nothing' }, taskQueue: { name: queue }, ...timeouts });
  const answer = await call('PollActivityTaskQueue', PollActivityTaskQueueRequest.encode({ namespace, taskQueue: { name: queue }, identity: 'bench' }).finish());
  const { taskToken } = PollActivityTaskQueueResponse.decode(answer);
  if (taskToken.length === 0) throw new Error('The bench got no task to beat for');
  const details = { payloads: [defaultPayloadConverter.toPayload({ run: id })] };
  return { call, heartbeat: RecordActivityTaskHeartbeatRequest.encode({ namespace, taskToken, details }).finish() };
}
