import { z } from 'zod';
import { JOB_END_REASONS, type JobEndReason } from '../job/end-reason.ts';

/** Written into each receipt's first line; another number means other rules. */
export const RECEIPT_FORMAT = 'cyxwiz-receipt/1';

/** u64 in base units, as everywhere outside of memory. */
const amount = z.string().regex(/^(0|[1-9]\d{0,19})$/, 'must be a whole number of base units');
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in hex');
const address = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'must be an address (base58)');
/** Of a transaction: 64 bytes in base58. */
const signature = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{64,88}$/, 'must be a signature (base58)');
/** Exactly as `Date.toISOString` writes it. */
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'must be an instant in ISO 8601');
const attempt = z.int().min(1).max(4);
const step = z.int().min(0);
const slot = z.string().regex(/^(0|[1-9]\d{0,19})$/, 'must be a slot');

const link = z.strictObject({ step, attempt });
const segment = z.strictObject({ fromStep: step, toStep: step, attempt });

/** What each kind of line says. A transfer goes from one ledger account to another: `wallet:<address>`, `escrow:<address>`, `stake:<node account>`, `platform`, `insurance`, `outside`. */
const FACTS = {
  header: z.strictObject({
    format: z.literal(RECEIPT_FORMAT),
    jobId: z.uuid(),
    requester: address,
    /** The escrow's account: derived from requester and job, so it has an address also where nothing was locked. */
    escrow: address,
    jobEscrowProgram: address,
    nodeRegistryProgram: address,
    mint: address,
    treasuryOwner: address,
    insuranceOwner: address,
    specificationHash: z.string(),
    datasetCid: z.string(),
    deviceClass: z.string(),
    checkpointEverySteps: z.int().min(1),
  }),
  quote: z.strictObject({ quoteId: z.uuid(), amountBase: amount, pricePerHourBase: amount, estimatedDurationMs: z.int().min(0), deadlineAt: instant }),
  lock: z.strictObject({ from: z.string(), to: z.string(), amountBase: amount }),
  /** Tokens that somebody else sent to the escrow's vault: the platform gets them with its fee, or the requester with the refund. */
  donation: z.strictObject({ from: z.string(), to: z.string(), amountBase: amount }),
  /** `drawHash`: SHA-256 of the secret of the verification draw; null where none was committed to. */
  assignment: z.strictObject({ attempt, nodeId: z.uuid(), nodeAccount: address, drawHash: hash.nullable(), resumedFromStep: step.nullable() }),
  commit: z.strictObject({ attempt, root: hash, slot, modelCid: z.string() }),
  draw: z.strictObject({
    attempt,
    root: hash,
    slot,
    blockhash: z.string(),
    secret: hash,
    seed: hash,
    /** Share of the segments that is re-executed in expectation, by the attempt that made them. */
    rates: z.record(z.string().regex(/^[1-4]$/), z.number().min(0).max(1)),
    /** All links of the chain that was drawn from, by step, with the attempt that made each; empty where they are no longer on record. */
    links: z.array(link),
    /** The drawn segments. */
    segments: z.array(segment),
  }),
  verdict: z.strictObject({
    attempt,
    opinion: z.int().min(1),
    verifierId: z.string(),
    valid: z.boolean(),
    reason: z.string(),
    blamedAttempt: attempt.nullable(),
    segments: z.int().min(0),
    steps: z.int().min(0),
  }),
  /** `evidenceHash` as it is on chain; null where the outcome needs no evidence. */
  closed: z.strictObject({ attempt, outcome: z.enum(['completed', 'timeout', 'invalid', 'released']), reason: z.string(), evidenceHash: hash.nullable(), banned: z.boolean() }),
  slash: z.strictObject({ attempt, from: z.string(), to: z.string(), amountBase: amount }),
  payout: z.strictObject({ attempt, from: z.string(), to: z.string(), amountBase: amount }),
  fee: z.strictObject({ attempt, from: z.string(), to: z.string(), amountBase: amount }),
  refund: z.strictObject({ from: z.string(), to: z.string(), amountBase: amount }),
  end: z.strictObject({
    state: z.enum(['COMPLETED', 'FAILED', 'CANCELLED']),
    reason: z.enum(Object.keys(JOB_END_REASONS) as [JobEndReason, ...JobEndReason[]]).nullable(),
    modelCid: z.string().nullable(),
  }),
} as const;

export type ReceiptKind = keyof typeof FACTS;
type FactsOf<K extends ReceiptKind> = z.infer<(typeof FACTS)[K]>;

/** Lines that stand for a transaction carry its signature; the others must not have one. */
const ON_CHAIN: ReadonlySet<ReceiptKind> = new Set(['lock', 'donation', 'assignment', 'commit', 'closed', 'slash', 'payout', 'fee', 'refund']);

/** Something that happened to a job, as its receipt tells it. */
export type ReceiptEvent = {
  [K in ReceiptKind]: { readonly kind: K; readonly at: string; readonly facts: FactsOf<K>; readonly signature?: string };
}[ReceiptKind];

export type ReceiptEventOf<K extends ReceiptKind> = Extract<ReceiptEvent, { kind: K }>;

const lineBase = { index: z.int().min(0), previous: hash, at: instant };

/** A line of a receipt that tells an event. */
export type ReceiptLine = ReceiptEvent & { readonly index: number; readonly previous: string };

const lineSchemas = Object.fromEntries(
  Object.entries(FACTS).map(([kind, facts]) => {
    const signed = ON_CHAIN.has(kind as ReceiptKind) ? { signature } : {};
    return [kind, z.strictObject({ ...lineBase, kind: z.literal(kind), facts, ...signed })];
  }),
) as unknown as Record<ReceiptKind, z.ZodType<ReceiptLine>>;

/** The last line: the hash of the line before it, signed by the platform's key that the escrow's program knows. */
const headSchema = z.strictObject({
  index: z.int().min(0),
  kind: z.literal('head'),
  head: hash,
  /** Ed25519 public key, hex. */
  signer: hash,
  /** Over `receiptSignedText`, hex. */
  signature: z.string().regex(/^[0-9a-f]{128}$/, 'must be 64 bytes in hex'),
});
export type ReceiptHead = z.infer<typeof headSchema>;

/** A parsed line, or what is wrong with it. */
export function parseReceiptLine(value: unknown): { line: ReceiptLine } | { wrong: string } {
  const kind = kindOf(value);
  if (kind === null) return { wrong: 'it is of no known kind' };
  const parsed = lineSchemas[kind].safeParse(value);
  return parsed.success ? { line: parsed.data } : { wrong: explain(parsed.error) };
}

export function parseReceiptHead(value: unknown): { head: ReceiptHead } | { wrong: string } {
  const parsed = headSchema.safeParse(value);
  return parsed.success ? { head: parsed.data } : { wrong: explain(parsed.error) };
}

function kindOf(value: unknown): ReceiptKind | null {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  return typeof kind === 'string' && Object.hasOwn(FACTS, kind) ? (kind as ReceiptKind) : null;
}

function explain(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'the line'}: ${message}`).join('; ');
}
