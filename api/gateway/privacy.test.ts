import { DefaultFailureConverter, defaultPayloadConverter, type Payload } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPayloadBytesCodec, createPayloadCodec } from '#temporal/codec/payload-codec';
import { testKeyring } from '#temporal/codec/testing/keyring';
import { METHODS, type CallContext } from './methods.ts';
import { createTokenSealer } from './seal.ts';

const key = { id: '00000001', secret: Buffer.alloc(32, 7) };
const sealer = createTokenSealer({ current: () => key, byId: () => key });
const keyring = testKeyring('k1');
const codec = createPayloadCodec(keyring);
const context: CallContext = { node: { nodeId: 'a', queues: ['train.cpu', 'node.a'] }, namespace: 'default', sealer, payloads: createPayloadBytesCodec(keyring) };
const { workflowservice } = proto.temporal.api;
const taskToken = sealer.seal('a', { token: Buffer.from('token'), isOffer: false });

const json = (value: unknown): Payload => ({ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(value)) });
const valuesOf = async (payloads: Payload[] | null | undefined): Promise<unknown[]> => (await codec.decode(payloads ?? [])).map((payload) => defaultPayloadConverter.fromPayload(payload));
/** Long enough not to be in random bytes by chance. */
const secret = fc.string({ minLength: 8, maxLength: 40, unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz') });

const REPORTS = [
  ['RespondActivityTaskCompleted', 'result', workflowservice.v1.RespondActivityTaskCompletedRequest],
  ['RecordActivityTaskHeartbeat', 'details', workflowservice.v1.RecordActivityTaskHeartbeatRequest],
  ['RespondActivityTaskCanceled', 'details', workflowservice.v1.RespondActivityTaskCanceledRequest],
] as const;

describe('what a node says', () => {
  it.each(REPORTS)('reaches Temporal encrypted, and the platform as it was said: %s', async (method, field, type) => {
    await fc.assert(
      fc.asyncProperty(fc.array(secret, { maxLength: 4 }), async (words) => {
        const said = type.encode({ taskToken, namespace: 'default', [field]: { payloads: words.map(json) } }).finish();
        const sent = METHODS[method]!.request(said, context);
        for (const word of words) expect(Buffer.from(sent).includes(word)).toBe(false);
        const message = type.decode(sent) as unknown as Record<string, { payloads?: Payload[] } | undefined>;
        expect(await valuesOf(message[field]?.payloads)).toEqual(words);
      }),
    );
  });

  it('is no plain text in failures either: messages, stacks, details, causes and last heartbeats', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ message: secret, stackTrace: secret, detail: secret }), { minLength: 1, maxLength: 5 }), secret, async (links, beat) => {
        const failure = links.reduceRight<object | undefined>(
          (cause, { message, stackTrace, detail }) => ({ message, stackTrace, source: 'TypeScriptSDK', cause, applicationFailureInfo: { type: 'TRAINING_FAILED', details: { payloads: [json(detail)] } } }),
          undefined,
        )!;
        const type = workflowservice.v1.RespondActivityTaskFailedRequest;
        const sent = METHODS['RespondActivityTaskFailed']!.request(type.encode({ taskToken, namespace: 'default', failure, lastHeartbeatDetails: { payloads: [json(beat)] } }).finish(), context);
        for (const word of [beat, ...links.flatMap((link) => Object.values(link))]) expect(Buffer.from(sent).includes(word)).toBe(false);

        const message = type.decode(sent);
        expect(await valuesOf(message.lastHeartbeatDetails?.payloads)).toEqual([beat]);
        const converters = { payloadConverter: defaultPayloadConverter, failureConverter: new DefaultFailureConverter(), payloadCodecs: [codec] };
        let seen: unknown = await decodeOptionalFailureToOptionalError(converters, message.failure);
        for (const { message: text, stackTrace, detail } of links) {
          expect(seen).toMatchObject({ message: text, stack: stackTrace, type: 'TRAINING_FAILED', details: [detail] });
          seen = (seen as Error).cause;
        }
      }),
    );
  });
});

describe('what a node is given', () => {
  const type = workflowservice.v1.PollActivityTaskQueueResponse;
  const request = workflowservice.v1.PollActivityTaskQueueRequest.encode({ namespace: 'default', taskQueue: { name: 'node.a' } }).finish();
  const answer = (task: object): Uint8Array => METHODS['PollActivityTaskQueue']!.response(type.encode({ taskToken: Buffer.from('t'), ...task }).finish(), context, request);

  it('is in the clear: input, the last heartbeat, headers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(secret, { maxLength: 3 }), secret, secret, async (inputs, beat, header) => {
        const [sealedBeat, sealedHeader] = await codec.encode([json(beat), json(header)]);
        const task = { input: { payloads: await codec.encode(inputs.map(json)) }, heartbeatDetails: { payloads: [sealedBeat!] }, header: { fields: { h: sealedHeader! } } };
        const seen = type.decode(answer(task));
        const plain = (payloads: Payload[] | null | undefined): unknown[] => (payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload(payload));
        expect([plain(seen.input?.payloads), plain(seen.heartbeatDetails?.payloads), plain([seen.header!.fields!['h']!])]).toEqual([inputs, [beat], [header]]);
      }),
    );
  });

  it('stays as it was in all else, fields included that nobody here knows', () => {
    const unknown = Buffer.from([0xfa, 0x3f, 0x02, 0x68, 0x69]);
    const message = Buffer.concat([type.encode({ activityId: '7', attempt: 2 }).finish(), unknown]);
    expect(Buffer.from(METHODS['PollActivityTaskQueue']!.response(message, context, request)).equals(message)).toBe(true);
  });

  it('is nothing where its key is missing: the words about it are not for strangers', async () => {
    const [sealed] = await createPayloadCodec(testKeyring('other')).encode([json('x')]);
    expect(() => answer({ input: { payloads: [sealed!] } })).toThrow(expect.objectContaining({ code: 'INTERNAL' }) as Error);
  });
});
