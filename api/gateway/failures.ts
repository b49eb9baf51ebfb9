import { CyxError } from '#core/errors/cyx-error';
import { ERRORS, isErrorCode } from '#core/errors/table';
import { checkedValue, checkPayload, checkPayloads, jsonPayload, mapPayloads } from './payloads.ts';
import { encodeBytes, fieldsOf, filterFields, mapBytes, onlyBytes, onlyText, onlyVarint } from './wire.ts';

// Field numbers of temporal.api.failure.v1.Failure and its ApplicationFailureInfo.
const FAILURE = { message: 1, source: 2, stackTrace: 3, cause: 4, applicationInfo: 5, encodedAttributes: 20 } as const;
const INFO = { type: 1, nonRetryable: 2, details: 3, nextRetryDelay: 4, category: 5 } as const;
/** Timeout, cancellation, termination and the like (fields 6 to 14): the server says those, or the workflow itself. */
const SERVER_KINDS = { first: 6, last: 14 } as const;

const MAX_CHARACTERS = { [FAILURE.message]: 2_000, [FAILURE.source]: 100, [FAILURE.stackTrace]: 8_000 } as const;
const TEXTS = [FAILURE.message, FAILURE.source, FAILURE.stackTrace] as const;
const MAX_TYPE_CHARACTERS = 100;
const MAX_ENCODED_SIZE_BYTES = 10_000;
/** Of a chain of causes so many links are handed on. */
const MAX_CAUSES = 4;
/** A node may ask for a moment; a long one would keep its job waiting for nobody. */
const MAX_RETRY_DELAY_SECONDS = 10;

const known = {
  failure: new Set<number>(Object.values(FAILURE)),
  info: new Set<number>(Object.values(INFO)),
};

/** What the failing task was: an offer on a capability queue, or the node's own run. */
export interface FailureScope {
  readonly isOffer: boolean;
}

/**
 * A node's failure as workflows may see it. Only application failures pass: a cancellation or a time-out that a node
 * made up would be believed. Texts are cut to a length that people read.
 * @throws CyxError INVALID_INPUT
 */
export function checkedFailure(bytes: Uint8Array, scope: FailureScope): Uint8Array {
  if (onlyBytes(bytes, FAILURE.applicationInfo) === undefined) {
    throw new CyxError('INVALID_INPUT', 'A node fails with an application failure');
  }
  return checkedLink(bytes, scope, MAX_CAUSES);
}

function checkedLink(bytes: Uint8Array, scope: FailureScope, causesLeft: number): Uint8Array {
  const isServerKind = ({ number }: { readonly number: number }): boolean => number >= SERVER_KINDS.first && number <= SERVER_KINDS.last;
  if (fieldsOf(bytes).some(isServerKind)) throw new CyxError('INVALID_INPUT', 'Time-outs and cancellations are not for a node to say');
  const encoded = onlyBytes(bytes, FAILURE.encodedAttributes);
  if (encoded !== undefined) {
    if (encoded.length > MAX_ENCODED_SIZE_BYTES) throw new CyxError('INVALID_INPUT', 'The encoded attributes of the failure are too long');
    checkPayload(encoded);
  }
  onlyBytes(bytes, FAILURE.applicationInfo);
  onlyBytes(bytes, FAILURE.cause);
  let kept = filterFields(bytes, (number) => known.failure.has(number) && (number !== FAILURE.cause || causesLeft > 0));
  for (const number of TEXTS) kept = shortened(kept, number);
  kept = mapBytes(kept, FAILURE.applicationInfo, (info) => checkedInfo(info, scope));
  return mapBytes(kept, FAILURE.cause, (cause) => checkedLink(cause, scope, causesLeft - 1));
}

function checkedInfo(bytes: Uint8Array, scope: FailureScope): Uint8Array {
  checkPayloads(bytes, INFO.details);
  const type = onlyText(bytes, INFO.type);
  if (type.length > MAX_TYPE_CHARACTERS) throw new CyxError('INVALID_INPUT', 'The type of the failure is too long');
  const endsRetries = onlyVarint(bytes, INFO.nonRetryable) !== 0 && !scope.isOffer && mayEndRetries(type);
  const hasGoodDelay = isShort(onlyBytes(bytes, INFO.nextRetryDelay));
  return filterFields(bytes, (number) => {
    if (number === INFO.nonRetryable) return endsRetries;
    if (number === INFO.nextRetryDelay) return hasGoodDelay;
    return known.info.has(number);
  });
}

/** An offer goes to the next node, whatever the last one said. A node may give up its own run for reasons of our table. */
function mayEndRetries(type: string): boolean {
  return isErrorCode(type) && (!ERRORS[type].retryable || type === 'TRAINING_FAILED');
}

/** A Duration of whole seconds up to the maximum; a negative one is a varint that the walker refuses. */
function isShort(duration: Uint8Array | undefined): boolean {
  return duration !== undefined && onlyVarint(duration, 1) <= MAX_RETRY_DELAY_SECONDS && onlyVarint(duration, 2) < 1_000_000_000;
}

function shortened(bytes: Uint8Array, number: keyof typeof MAX_CHARACTERS): Uint8Array {
  const text = onlyText(bytes, number);
  const short = cut(text, number);
  return short === text ? bytes : mapBytes(bytes, number, () => Buffer.from(short));
}

function cut(text: string, number: keyof typeof MAX_CHARACTERS): string {
  const limit = MAX_CHARACTERS[number];
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** What everybody gets to see instead of a message; the SDKs use the same words. */
const HIDDEN_MESSAGE = 'Encoded failure';

/**
 * A checked failure with everything that a person wrote made a payload, and every payload encrypted: messages and stacks
 * move into the encoded attributes, where the platform's failure converter finds them. Source and type stay readable,
 * since Temporal's own retry rules go by the type.
 */
export function encodedFailure(bytes: Uint8Array, encode: (payload: Uint8Array) => Uint8Array): Uint8Array {
  const texts = textsOf(bytes);
  const readable = filterFields(bytes, (number) => number !== FAILURE.message && number !== FAILURE.stackTrace && number !== FAILURE.encodedAttributes);
  const hidden = Buffer.concat([
    encodeBytes(FAILURE.message, Buffer.from(HIDDEN_MESSAGE)),
    readable,
    encodeBytes(FAILURE.encodedAttributes, encode(jsonPayload(texts))),
  ]);
  const withDetails = mapBytes(hidden, FAILURE.applicationInfo, (info) => mapPayloads(info, [INFO.details], encode));
  return mapBytes(withDetails, FAILURE.cause, (cause) => encodedFailure(cause, encode));
}

/** Message and stack as the SDKs name them; a node that has encoded them itself is taken at its word, where they are texts. */
function textsOf(bytes: Uint8Array): { message: string; stack_trace: string } {
  const encoded = onlyBytes(bytes, FAILURE.encodedAttributes);
  const said: unknown = encoded === undefined ? null : checkedValue(encoded);
  const { message, stack_trace } = (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>;
  return {
    message: typeof message === 'string' ? cut(message, FAILURE.message) : onlyText(bytes, FAILURE.message),
    stack_trace: typeof stack_trace === 'string' ? cut(stack_trace, FAILURE.stackTrace) : onlyText(bytes, FAILURE.stackTrace),
  };
}
