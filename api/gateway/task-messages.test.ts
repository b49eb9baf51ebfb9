import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { METHODS, type CallContext } from './methods.ts';
import { createTokenSealer } from './seal.ts';
import { plainPayloads } from './testing/payloads.ts';
import { field } from './testing/raw-client.ts';

const key = { id: '00000001', secret: Buffer.alloc(32, 7) };
const sealer = createTokenSealer({ current: () => key, byId: () => key });
const context: CallContext = { node: { nodeId: 'a', queues: ['train.cpu', 'node.a'] }, namespace: 'default', sealer, payloads: plainPayloads };
const token = Buffer.from('temporal’s own token');

interface Codec {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Record<string, unknown>;
  toObject(message: object, options: object): Record<string, unknown>;
}
const lookup = (name: string): Codec => (proto as unknown as { lookupType(name: string): Codec }).lookupType(name);
const typeOf = (method: string): Codec => lookup(`temporal.api.workflowservice.v1.${method}Request`);

/** A request as a node sends it, and what goes upstream in its stead. */
function pass(method: string, message: object, isOffer = false): Record<string, unknown> {
  const type = typeOf(method);
  const body = type.encode({ taskToken: sealer.seal('a', { token, isOffer }), namespace: 'default', ...message }).finish();
  return type.toObject(type.decode(METHODS[method]!.request(body, context)), {});
}

const payload = (encoding: string, data: string | Uint8Array, more: object = {}) => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(data as string),
  ...more,
});
const json = (data: string | Uint8Array) => payload('json/plain', data);
const application = (info: object = {}, more: object = {}) => ({ message: 'no', applicationFailureInfo: { type: 'Error', ...info }, ...more });
const refused = expect.objectContaining({ code: 'INVALID_INPUT' }) as Error;
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** Every place of a request in which data travels. */
const PLACES: readonly (readonly [string, string, (value: object) => object])[] = [
  ['a result', 'RespondActivityTaskCompleted', (value) => ({ result: { payloads: [value] } })],
  ['details of a heartbeat', 'RecordActivityTaskHeartbeat', (value) => ({ details: { payloads: [value] } })],
  ['details of a cancellation', 'RespondActivityTaskCanceled', (value) => ({ details: { payloads: [value] } })],
  ['the last heartbeat of a failure', 'RespondActivityTaskFailed', (value) => ({ failure: application(), lastHeartbeatDetails: { payloads: [value] } })],
  ['details of a failure', 'RespondActivityTaskFailed', (value) => ({ failure: application({ details: { payloads: [value] } }) })],
  ['encoded attributes', 'RespondActivityTaskFailed', (value) => ({ failure: application({}, { encodedAttributes: value }) })],
  ['details of a cause', 'RespondActivityTaskFailed', (value) => ({ failure: application({}, { cause: application({ details: { payloads: [value] } }) }) })],
  ['encoded attributes of a cause', 'RespondActivityTaskFailed', (value) => ({ failure: application({}, { cause: { message: 'x', encodedAttributes: value } }) })],
];

describe.each(PLACES)('%s', (_name, method, holding) => {
  it.each<[string, object]>([
    ['text that is not JSON', json('{not json')],
    ['nothing at all', json('')],
    ['JSON behind a byte order mark', json('\uFEFF{}')],
    ['bytes that are not UTF-8', json(Uint8Array.of(0x22, 0xff, 0x22))],
    ['JSON that is too deep', json(nested(5_000))],
    ['an encoding of its own', payload('json/protobuf', '{}')],
    ['an encoding with a byte order mark', payload('\uFEFFjson/plain', '{}')],
    ['an encrypted payload', payload('binary/encrypted', 'x')],
    ['no encoding', { data: Buffer.from('{}') }],
    ['a null with data', payload('binary/null', 'x')],
    ['more metadata', { ...json('{}'), metadata: { encoding: Buffer.from('json/plain'), messageType: Buffer.from('x') } }],
    ['data that is kept elsewhere', payload('json/plain', '{}', { externalPayloads: [{ sizeBytes: 5 }] })],
  ])('refuses %s', (_what, value) => {
    expect(() => pass(method, holding(value))).toThrow(refused);
  });

  it.each<[string, object]>([
    ['an object', json('{"nodeId":"a"}')],
    ['null', payload('binary/null', '')],
  ])('takes %s as it is', (_what, value) => {
    expect(pass(method, holding(value))).toMatchObject({ taskToken: token, namespace: 'default' });
    // Texts of a failure move into its encoded attributes.
    if (method === 'RespondActivityTaskFailed') return;
    expect(Buffer.from(typeOf(method).encode(pass(method, holding(value))).finish()).equals(Buffer.from(typeOf(method).encode({ taskToken: token, namespace: 'default', ...holding(value) }).finish()))).toBe(true);
  });
});

describe('results', () => {
  const done = (result: Buffer) => Buffer.concat([field(1, Buffer.from(sealer.seal('a', { token, isOffer: false }))), field(2, result), field(4, 'default')]);
  const entry = Buffer.concat([field(1, 'encoding'), field(2, 'json/plain')]);
  it.each<[string, Buffer]>([
    ['an encoding that is named twice', field(1, Buffer.concat([field(1, entry), field(1, entry), field(2, '1')]))],
    ['data that is there twice', field(1, Buffer.concat([field(1, entry), field(2, '1'), field(2, '{')]))],
    ['fields that nobody knows', Buffer.concat([field(1, Buffer.concat([field(1, entry), field(2, '1')])), field(9, 'x')])],
    ['more payloads than anybody needs', Buffer.concat(Array.from({ length: 9 }, () => field(1, Buffer.concat([field(1, entry), field(2, '1')]))))],
  ])('refuse %s', (_what, result) => {
    expect(() => METHODS['RespondActivityTaskCompleted']!.request(done(result), context)).toThrow(refused);
  });

  it('are small', () => {
    expect(() => pass('RespondActivityTaskCompleted', { result: { payloads: [json(`"${'x'.repeat(70_000)}"`)] } })).toThrow(refused);
  });

  it('carry no worker version and no deployment', () => {
    const sent = { identity: 'me', workerVersion: { buildId: 'b' }, deployment: { seriesName: 'd' }, deploymentOptions: { deploymentName: 'd' } };
    expect(pass('RespondActivityTaskCompleted', sent)).toEqual({ taskToken: token, namespace: 'default', identity: 'me' });
  });
});

describe('failures', () => {
  const fail = (failure: object, isOffer = false) => pass('RespondActivityTaskFailed', { failure }, isOffer)['failure'] as Record<string, unknown>;
  const infoOf = (failure: Record<string, unknown>) => failure['applicationFailureInfo'] as Record<string, unknown>;

  const textsOf = (failure: Record<string, unknown>) =>
    JSON.parse(Buffer.from((failure['encodedAttributes'] as { data: Uint8Array }).data).toString()) as { message: string; stack_trace: string };

  it.each<[string, object]>([
    ['a cancellation', { message: 'x', canceledFailureInfo: {} }],
    ['a time-out', { message: 'x', timeoutFailureInfo: { timeoutType: 2 } }],
    ['a termination', { message: 'x', terminatedFailureInfo: {} }],
    ['the failure of an activity', { message: 'x', activityFailureInfo: {} }],
    ['the failure of a Nexus operation', { message: 'x', nexusHandlerFailureInfo: {} }],
    ['no kind', { message: 'x' }],
    ['a cancellation as the cause', application({}, { cause: { message: 'x', canceledFailureInfo: {} } })],
    ['a type that is no name', application({ type: 'x'.repeat(101) })],
    ['a retry in the past', application({ nextRetryDelay: { seconds: -1 } })],
  ])('of this kind are refused: %s', (_what, failure) => {
    expect(() => fail(failure)).toThrow(refused);
  });

  it('are there', () => {
    expect(() => pass('RespondActivityTaskFailed', {})).toThrow(refused);
  });

  it('have texts that people can read, and a chain of causes with an end', () => {
    let chain: object = { message: 'x' };
    for (let link = 0; link < 10; link += 1) chain = { message: 'm'.repeat(2_500), stackTrace: 's', cause: chain };
    const failure = fail(application({}, { message: 'ü'.repeat(5_000), stackTrace: 's'.repeat(9_000), source: 'y'.repeat(200), cause: chain }));
    const texts = textsOf(failure);
    expect([texts.message, texts.stack_trace, failure['source']].map((text) => (text as string).length)).toEqual([2_000, 8_000, 100]);
    let links = 0;
    for (let cause = failure['cause']; cause !== undefined; cause = (cause as Record<string, unknown>)['cause']) {
      links += 1;
      expect(textsOf(cause as Record<string, unknown>).message.length).toBeLessThanOrEqual(2_000);
    }
    expect(links).toBe(4);
  });

  it.each<[string, object, object]>([
    ['of the failure', { stackTrace: 'at x' }, { message: 'no', stack_trace: 'at x' }],
    ['that the node has encoded', { message: 'Encoded failure', encodedAttributes: json('{"message":"why","stack_trace":"at y"}') }, { message: 'why', stack_trace: 'at y' }],
    ['that are none', { encodedAttributes: json('{"message":{"a":1},"stack_trace":7,"more":true}') }, { message: 'no', stack_trace: '' }],
    ['that are too long', { encodedAttributes: json(JSON.stringify({ message: 'm'.repeat(5_000) })) }, { message: `${'m'.repeat(1_999)}…`, stack_trace: '' }],
  ])('have texts %s, as the SDKs encode them', (_what, more, texts) => {
    const failure = fail(application({}, more));
    expect(failure['message']).toBe('Encoded failure');
    expect(failure['stackTrace']).toBeUndefined();
    expect(textsOf(failure)).toEqual(texts);
  });

  it.each<[string, boolean, boolean]>([
    ['TRAINING_DIVERGED', false, true],
    ['TRAINING_FAILED', false, true],
    ['FENCED', false, true],
    ['UNAVAILABLE', false, false],
    ['Error', false, false],
    ['toString', false, false],
    ['TRAINING_DIVERGED', true, false],
    ['NODE_NOT_ELIGIBLE', true, false],
  ])('of type %s on an offer (%s) may end the retries: %s', (type, isOffer, stays) => {
    const info = infoOf(fail(application({ type, nonRetryable: true }), isOffer));
    expect([info['type'], info['nonRetryable'] ?? false]).toEqual([type, stays]);
  });

  it('ask for a retry soon or leave it to the platform', () => {
    expect(infoOf(fail(application({ nextRetryDelay: { seconds: 1 } })))['nextRetryDelay']).toBeDefined();
    expect(infoOf(fail(application({ nextRetryDelay: { seconds: 86_400 } })))['nextRetryDelay']).toBeUndefined();
  });
});

it('a poll carries the queue and who asks, and nothing that steers the queue for others', () => {
  const type = typeOf('PollActivityTaskQueue');
  const asked = { namespace: 'default', taskQueue: { name: 'train.cpu', kind: 1 }, identity: 'me', workerInstanceKey: 'k' };
  const steering = {
    taskQueueMetadata: { maxTasksPerSecond: { value: 0 } },
    workerVersionCapabilities: { buildId: 'b', useVersioning: true },
    deploymentOptions: { deploymentName: 'd', buildId: 'b' },
    workerControlTaskQueue: 'platform',
    pollerGroupId: 'g',
  };
  const body = type.encode({ ...asked, ...steering, taskQueue: { ...asked.taskQueue, normalName: 'platform' } }).finish();
  expect(type.toObject(type.decode(METHODS['PollActivityTaskQueue']!.request(body, context)), {})).toEqual(asked);
});

it('a task of a capability queue is sealed as an offer, one of the own queue as a run', () => {
  const answerTo = (queue: string) => {
    const request = Buffer.concat([field(1, 'default'), field(2, field(1, queue))]);
    return METHODS['PollActivityTaskQueue']!.response(field(1, token), context, request);
  };
  const tokenIn = (bytes: Uint8Array) => lookup('temporal.api.workflowservice.v1.PollActivityTaskQueueResponse').decode(bytes)['taskToken'] as Uint8Array;
  expect(['train.cpu', 'node.a'].map((queue) => sealer.unseal('a', tokenIn(answerTo(queue))).isOffer)).toEqual([true, false]);
});
