/**
 * The one table of error codes. A code says what went wrong; the table says how each edge reports it:
 * the HTTP status, the gRPC status code and whether a Temporal retry can ever help.
 */
export interface ErrorSpec {
  /** HTTP status of the problem+json answer. */
  readonly http: number;
  /** gRPC status code (google.rpc.Code). */
  readonly grpc: number;
  /** `false`: repeating the same call can never succeed, so Temporal must not retry it. */
  readonly retryable: boolean;
  /** Short title, the same for every occurrence of the code (RFC 9457 `title`). */
  readonly title: string;
}

const GRPC = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

function spec(http: number, grpc: keyof typeof GRPC, retryable: boolean, title: string): ErrorSpec {
  return { http, grpc: GRPC[grpc], retryable, title };
}

export const ERRORS = {
  // input
  /** It is not what the interface's description asks for. */
  INVALID_INPUT: spec(400, 'INVALID_ARGUMENT', false, 'The request is not valid'),
  /** It fits the description, but breaks a rule that a description can not tell (RFC 9110, 15.5.21). */
  UNPROCESSABLE: spec(422, 'INVALID_ARGUMENT', false, 'The request can not be carried out as it is'),
  METHOD_NOT_ALLOWED: spec(405, 'UNIMPLEMENTED', false, 'Not with this method'),
  PAYLOAD_TOO_LARGE: spec(413, 'RESOURCE_EXHAUSTED', false, 'The request is too large'),
  GRAPH_INVALID: spec(422, 'INVALID_ARGUMENT', false, 'The model graph is not valid'),
  DATASET_INVALID: spec(422, 'INVALID_ARGUMENT', false, 'The dataset does not fit the model'),
  // identity
  UNAUTHENTICATED: spec(401, 'UNAUTHENTICATED', false, 'Log in first'),
  TOKEN_EXPIRED: spec(401, 'UNAUTHENTICATED', false, 'The login has expired'),
  BAD_CREDENTIALS: spec(401, 'UNAUTHENTICATED', false, 'The login is not right'),
  FORBIDDEN: spec(403, 'PERMISSION_DENIED', false, 'Not allowed'),
  // resources
  NOT_FOUND: spec(404, 'NOT_FOUND', false, 'Not found'),
  ALREADY_EXISTS: spec(409, 'ALREADY_EXISTS', false, 'It exists already'),
  CONFLICT: spec(409, 'ABORTED', true, 'Somebody else changed it at the same time'),
  STATE_CONFLICT: spec(409, 'FAILED_PRECONDITION', false, 'Not possible in this state'),
  LIMIT_REACHED: spec(409, 'RESOURCE_EXHAUSTED', false, 'The subscription allows no more'),
  RATE_LIMITED: spec(429, 'RESOURCE_EXHAUSTED', true, 'Too many requests'),
  // money and matching
  QUOTE_EXPIRED: spec(409, 'FAILED_PRECONDITION', false, 'The quote has expired'),
  BUDGET_BELOW_QUOTE: spec(402, 'FAILED_PRECONDITION', false, 'The budget is below the quote'),
  INSUFFICIENT_FUNDS: spec(402, 'FAILED_PRECONDITION', false, 'Not enough CYXWIZ in the wallet'),
  NO_CAPABLE_NODE: spec(409, 'FAILED_PRECONDITION', false, 'No node can take this job'),
  NODE_NOT_ELIGIBLE: spec(403, 'PERMISSION_DENIED', false, 'This node may not take the job'),
  STAKE_TOO_LOW: spec(409, 'FAILED_PRECONDITION', false, 'The stake is too low'),
  // work
  TRAINING_DIVERGED: spec(422, 'FAILED_PRECONDITION', false, 'The training diverged'),
  OUT_OF_MEMORY: spec(507, 'RESOURCE_EXHAUSTED', false, 'The training does not fit into memory'),
  TRAINING_FAILED: spec(500, 'INTERNAL', true, 'The training process failed'),
  RESULT_INVALID: spec(422, 'FAILED_PRECONDITION', false, 'The result failed verification'),
  HANDED_BACK: spec(409, 'ABORTED', false, 'The node gave the job back'),
  FENCED: spec(409, 'ABORTED', false, 'This attempt is no longer the current one'),
  DEADLINE_EXCEEDED: spec(504, 'DEADLINE_EXCEEDED', false, 'The deadline has passed'),
  CANCELLED: spec(409, 'ABORTED', false, 'It was cancelled'),
  // parts
  CHAIN_REJECTED: spec(409, 'FAILED_PRECONDITION', false, 'The chain refused the transaction'),
  CHAIN_UNAVAILABLE: spec(503, 'UNAVAILABLE', true, 'The chain does not answer'),
  STORAGE_DATA_LOSS: spec(500, 'DATA_LOSS', false, 'Too few shards are left'),
  STORAGE_CORRUPT: spec(500, 'DATA_LOSS', false, 'The stored bytes are not the ones that were put'),
  UNAVAILABLE: spec(503, 'UNAVAILABLE', true, 'A part of the platform does not answer'),
  INTERNAL: spec(500, 'INTERNAL', true, 'Something broke on our side'),
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}
