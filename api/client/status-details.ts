import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { CyxError, type FieldViolation } from '#core/errors/cyx-error';
import { isErrorCode } from '#core/errors/table';

/**
 * `google.rpc.Status` in the `grpc-status-details-bin` trailer: the standard way to say more than a status code. Only
 * the four detail messages that we use are written out here; field numbers are those of google/rpc/error_details.proto.
 */
export const STATUS_DETAILS_KEY = 'grpc-status-details-bin';

const DOMAIN = 'cyxwiz';
const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

export interface StatusDetails {
  readonly message: string;
  /** A code of core/errors, where the sender was one of ours. */
  readonly reason: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly fields: readonly FieldViolation[];
  readonly requestId: string;
}

export function encodeStatusDetails(error: CyxError, requestId: string): Uint8Array {
  const status = new BinaryWriter();
  status.uint32(8).int32(error.spec.grpc).uint32(18).string(error.message);
  const addDetail = (name: string, body: BinaryWriter): void => {
    const any = new BinaryWriter().uint32(10).string(TYPE_PREFIX + name).uint32(18).bytes(body.finish());
    status.uint32(26).bytes(any.finish());
  };
  const info = new BinaryWriter().uint32(10).string(error.code).uint32(18).string(DOMAIN);
  for (const [key, value] of Object.entries(error.facts)) {
    info.uint32(26).bytes(new BinaryWriter().uint32(10).string(key).uint32(18).string(value).finish());
  }
  addDetail('ErrorInfo', info);
  if (error.fields.length > 0) {
    const request = new BinaryWriter();
    for (const field of error.fields) {
      request.uint32(10).bytes(new BinaryWriter().uint32(10).string(field.path).uint32(18).string(field.message).finish());
    }
    addDetail('BadRequest', request);
  }
  const retryAfterSeconds = Number(error.facts['retryAfterSeconds']);
  if (Number.isInteger(retryAfterSeconds)) {
    const delay = new BinaryWriter().uint32(8).int64(retryAfterSeconds);
    addDetail('RetryInfo', new BinaryWriter().uint32(10).bytes(delay.finish()));
  }
  addDetail('RequestInfo', new BinaryWriter().uint32(10).string(requestId));
  return status.finish();
}

export function decodeStatusDetails(bytes: Uint8Array): StatusDetails {
  let message = '';
  let reason = '';
  let requestId = '';
  const facts: [string, string][] = [];
  const fields: FieldViolation[] = [];
  eachField(bytes, (number, value) => {
    if (number === 2) message = text(value);
    if (number !== 3) return;
    const { 1: type, 2: body } = collect(value);
    if (type === undefined || body === undefined) return;
    const name = text(type).slice(TYPE_PREFIX.length);
    eachField(body, (detail, inner) => {
      if (name === 'RequestInfo' && detail === 1) requestId = text(inner);
      if (name === 'ErrorInfo' && detail === 1) reason = text(inner);
      const pair = (name === 'ErrorInfo' && detail === 3) || (name === 'BadRequest' && detail === 1) ? collect(inner) : {};
      if (pair[1] === undefined || pair[2] === undefined) return;
      if (name === 'ErrorInfo') facts.push([text(pair[1]), text(pair[2])]);
      else fields.push({ path: text(pair[1]), message: text(pair[2]) });
    });
  });
  // Whatever a name is, `__proto__` too, it becomes a property of the facts' own.
  return { message, reason, facts: Object.fromEntries(facts), fields, requestId };
}

/** The CyxError that a server of ours reported, or null where the details are somebody else's. */
export function errorFromDetails(details: StatusDetails, cause: unknown): CyxError | null {
  if (!isErrorCode(details.reason)) return null;
  return new CyxError(details.reason, details.message, { fields: details.fields, facts: details.facts, cause });
}

/** Calls back for each length-delimited field of a message; all that we read are of that kind. */
function eachField(bytes: Uint8Array, onField: (number: number, value: Uint8Array) => void): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) === 2) onField(tag >>> 3, reader.bytes());
    else reader.skip(tag & 7);
  }
}

function collect(bytes: Uint8Array): Record<number, Uint8Array> {
  const fields: Record<number, Uint8Array> = {};
  eachField(bytes, (number, value) => (fields[number] = value));
  return fields;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
