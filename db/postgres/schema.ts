import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

/** Amounts are u64 base units on chain; numeric(20,0) holds all of them, bigint columns would not. */
const amountBase = customType<{ data: bigint; driverData: string }>({
  dataType: () => 'numeric(30,0)',
  fromDriver: (value) => BigInt(value),
  toDriver: (value) => value.toString(),
});
const bytes = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  fromDriver: (value) => new Uint8Array(value),
  toDriver: (value) => Buffer.from(value),
});
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Projection of each trainingJob workflow. `version` rises with each state change and guards double application. */
export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').primaryKey(),
    userId: text('user_id').notNull(),
    requestId: text('request_id').notNull(),
    workflowId: text('workflow_id').notNull(),
    state: text('state').notNull(),
    version: integer('version').notNull().default(0),
    graphJson: text('graph_json').notNull(),
    datasetCid: text('dataset_cid').notNull(),
    hyperParameters: jsonb('hyper_parameters').notNull(),
    deviceClass: text('device_class').notNull(),
    deadlineMs: bigint('deadline_ms', { mode: 'number' }).notNull(),
    quoteId: uuid('quote_id').notNull(),
    /** As in `quotes`: one request id with another specification is refused by comparing it. */
    specificationHash: text('specification_hash').notNull(),
    amountBase: amountBase('amount_base').notNull(),
    pricePerHourBase: amountBase('price_per_hour_base').notNull(),
    /** The quote's estimate: who has less time than this left is neither offered the job nor blamed for its deadline. */
    estimatedDurationMs: bigint('estimated_duration_ms', { mode: 'number' }).notNull().default(0),
    /** Steps between two links of the commitment chain: part of what the run is, so every attempt at the job keeps to it. */
    checkpointEverySteps: integer('checkpoint_every_steps').notNull().default(50),
    attempt: integer('attempt').notNull().default(0),
    nodeId: uuid('node_id'),
    requesterAddress: text('requester_address').notNull(),
    escrowAddress: text('escrow_address'),
    modelCid: text('model_cid'),
    testAccuracy: doublePrecision('test_accuracy'),
    testLoss: doublePrecision('test_loss'),
    endReason: text('end_reason'),
    waitingFor: text('waiting_for').notNull().default(''),
    /** Key of this job's model object, wrapped by the KMS (purpose `model-key`, id = job id). */
    modelKeyWrapped: text('model_key_wrapped').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    deadlineAt: at('deadline_at').notNull(),
    endedAt: at('ended_at'),
  },
  (t) => [
    unique('jobs_request').on(t.userId, t.requestId),
    index('jobs_by_user').on(t.userId, t.createdAt.desc(), t.id),
    index('jobs_by_state').on(t.state),
    // What `take_job_slot` counts; the list is that of core's terminal states.
    index('jobs_open_by_user').on(t.userId).where(sql`state NOT IN ('COMPLETED', 'FAILED', 'CANCELLED')`),
  ],
);

/** Append-only story of a job: states, progress, log lines, transfers. Ids order the stream and resume it. */
export const jobEvents = pgTable(
  'job_events',
  {
    id: bigserial('id', { mode: 'bigint' }).primaryKey(),
    jobId: uuid('job_id').notNull(),
    at: at('at').notNull().defaultNow(),
    /** `state` | `progress` | `log` | `transfer` */
    kind: text('kind').notNull(),
    payload: jsonb('payload').notNull(),
    /** The same key is the same event: a repeated write is ignored. */
    dedupeKey: text('dedupe_key').notNull(),
  },
  (t) => [uniqueIndex('job_events_once').on(t.jobId, t.dedupeKey), index('job_events_by_job').on(t.jobId, t.id)],
);

/** One row for each attempt of a job; the attempt number is the fence. */
export const jobAttempts = pgTable(
  'job_attempts',
  {
    jobId: uuid('job_id').notNull(),
    attempt: integer('attempt').notNull(),
    /** First offered: for the first seconds, nodes of a larger class leave it to smaller ones. */
    openedAt: at('opened_at').notNull().defaultNow(),
    /** Set by the node that claimed it, as the platform authenticated it. */
    nodeId: uuid('node_id'),
    claimedAt: at('claimed_at'),
    /** Of the node's processor when it claimed: what it does with the job comes out bit for bit on the same one only. */
    instructionSet: text('instruction_set').notNull().default(''),
    /** The lease: keys are released only between assignedAt and closedAt. */
    assignedAt: at('assigned_at'),
    startedAt: at('started_at'),
    closedAt: at('closed_at'),
    completedAt: at('completed_at'),
    modelCid: text('model_cid'),
    modelSizeBytes: bigint('model_size_bytes', { mode: 'number' }),
    commitment: bytes('commitment'),
    finalLoss: doublePrecision('final_loss'),
    finalAccuracy: doublePrecision('final_accuracy'),
    trainingMs: bigint('training_ms', { mode: 'number' }),
    /** The secret of the verification draw, wrapped by the KMS (purpose `draw-secret`, id = `<job id>/<attempt>`); its hash is on chain. */
    drawSecretWrapped: text('draw_secret_wrapped'),
    /** Step of the checkpoint that the attempt was told to go on from; 0 for a fresh start. Set with the first lease. */
    resumedFromStep: integer('resumed_from_step'),
    /** `completed` | `timeout` | `invalid` | `released`, once closed. */
    outcome: text('outcome'),
    outcomeReason: text('outcome_reason'),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.attempt] }), index('job_attempts_by_node').on(t.nodeId)],
);

/**
 * Checkpoints that nodes put into CyxCloud, encrypted with the job's model key. The links among them are the
 * commitment chain; any of them is a place to go on from.
 */
export const jobCheckpoints = pgTable(
  'job_checkpoints',
  {
    jobId: uuid('job_id').notNull(),
    /** Who made it: what an attempt resumed from was made by an earlier one. */
    attempt: integer('attempt').notNull(),
    /** Steps done. */
    step: integer('step').notNull(),
    cid: text('cid').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    /** False for one that was only made because time had passed: it is no link of the chain. */
    isLink: boolean('is_link').notNull(),
    /** `hashTensors` over weights and optimizer slots, 32 bytes. */
    stateHash: bytes('state_hash').notNull(),
    /** Cursor of the data. */
    epoch: integer('epoch').notNull(),
    batch: integer('batch').notNull(),
    /** Mean training loss since the previous link. */
    meanLoss: doublePrecision('mean_loss').notNull(),
    /** Head of the commitment chain at this step, 32 bytes. */
    chain: bytes('chain').notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.attempt, t.step] })],
);

/** The draw of an attempt's verification, made once: with it anybody can draw again. */
export const verificationDraws = pgTable(
  'verification_draws',
  {
    jobId: uuid('job_id').notNull(),
    attempt: integer('attempt').notNull(),
    root: bytes('root').notNull(),
    /** First slot at or after commit slot + 32 that has a block, and that block's hash (base58). */
    slot: bigint('slot', { mode: 'bigint' }).notNull(),
    blockhash: text('blockhash').notNull(),
    /** Revealed: its SHA-256 was committed on chain when the attempt was assigned. */
    secret: bytes('secret').notNull(),
    seed: bytes('seed').notNull(),
    /** Share of the segments that is re-executed in expectation, 0 to 1, by attempt that made them. */
    rates: jsonb('rates').$type<Record<string, number>>().notNull(),
    /** The drawn ones. */
    segments: jsonb('segments').$type<{ fromStep: number; toStep: number; attempt: number }[]>().notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.attempt] })],
);

/** What each verifier found. A second opinion is a second row. */
export const verdicts = pgTable(
  'verdicts',
  {
    jobId: uuid('job_id').notNull(),
    attempt: integer('attempt').notNull(),
    opinion: integer('opinion').notNull(),
    verifierId: text('verifier_id').notNull(),
    valid: boolean('valid').notNull(),
    reason: text('reason').notNull().default(''),
    /** Whose work was found wrong: this attempt, or an earlier one that it had gone on from. */
    blamedAttempt: integer('blamed_attempt'),
    segments: integer('segments').notNull().default(0),
    steps: integer('steps').notNull().default(0),
    /** What the verifier's machine spent on it. */
    tookMs: bigint('took_ms', { mode: 'number' }).notNull().default(0),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.attempt, t.opinion] })],
);

/** A job's receipt, written once when the job has ended and its money is settled. */
export const receipts = pgTable('receipts', {
  jobId: uuid('job_id').primaryKey(),
  userId: text('user_id').notNull(),
  /** The receipt file itself, byte for byte. */
  body: text('body').notNull(),
  at: at('at').notNull().defaultNow(),
});

/** Every offer to a node, with the reason of a refusal. */
export const nodeOffers = pgTable(
  'node_offers',
  {
    id: bigserial('id', { mode: 'bigint' }).primaryKey(),
    jobId: uuid('job_id').notNull(),
    attempt: integer('attempt').notNull(),
    nodeId: uuid('node_id').notNull(),
    accepted: boolean('accepted').notNull(),
    reason: text('reason').notNull().default(''),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [index('node_offers_by_job').on(t.jobId, t.attempt)],
);

export const nodes = pgTable(
  'nodes',
  {
    id: uuid('id').primaryKey(),
    ownerId: text('owner_id').notNull(),
    machineId: text('machine_id').notNull(),
    ownerAddress: text('owner_address').notNull(),
    /** On-chain Node account (PDA). */
    account: text('account'),
    deviceClass: text('device_class').notNull(),
    deviceName: text('device_name').notNull(),
    /** What the node measured of itself, in the shape of SPEC flow 2. */
    hardware: jsonb('hardware').notNull().default({}),
    state: text('state').notNull(),
    pricePerHourBase: amountBase('price_per_hour_base').notNull(),
    stakeBase: amountBase('stake_base').notNull().default(sql`0`),
    samplesPerSecond: doublePrecision('samples_per_second').notNull().default(0),
    lastSeenAt: at('last_seen_at'),
    paused: boolean('paused').notNull().default(false),
    draining: boolean('draining').notNull().default(false),
    unstaking: boolean('unstaking').notNull().default(false),
    banned: boolean('banned').notNull().default(false),
    totalJobs: integer('total_jobs').notNull().default(0),
    successful: integer('successful').notNull().default(0),
    /** Paid jobs since the last failure: what the audit rate goes by. */
    goodStreak: integer('good_streak').notNull().default(0),
    avgTimeMs: bigint('avg_time_ms', { mode: 'number' }).notNull().default(0),
    registerSignature: text('register_signature'),
    /** The processor's instruction set, e.g. `avx512`: with another one, results differ in their last bits. */
    instructionSet: text('instruction_set').notNull().default(''),
    /** What the last passed challenge measured; see `MeasuredCapability`. Null before the first. */
    measured: jsonb('measured'),
    /** From then on the node has to show again what it can do, before it takes another job. */
    challengeDueAt: at('challenge_due_at'),
    /** Its machine is under maintenance: the owner's word on the machine, beside their word on the node (`draining`). */
    maintenance: boolean('maintenance').notNull().default(false),
    /** While unstaking: when the stake can be had back. */
    unstakeAvailableAt: at('unstake_available_at'),
    /** The state that the node's workflow was last told; the sweep tells it of any other. */
    announcedState: text('announced_state').notNull().default(''),
    /** When it last got a token that names the reliable tier's queues: only then does it poll them. */
    reliableTokenAt: at('reliable_token_at'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    unique('nodes_of_machine').on(t.machineId, t.deviceClass, t.deviceName),
    index('nodes_by_class').on(t.deviceClass, t.state),
    index('nodes_by_owner').on(t.ownerId),
  ],
);

/** A machine shows what it can do: what it was asked, when, and what came out. By the platform's clock. */
export const nodeChallenges = pgTable(
  'node_challenges',
  {
    id: uuid('id').primaryKey(),
    machineId: text('machine_id').notNull(),
    /** Null at a registration: the node does not exist yet. */
    nodeId: uuid('node_id'),
    deviceClass: text('device_class').notNull(),
    /** What the machine is asked to compute: sizes and seed. */
    task: jsonb('task').notNull(),
    issuedAt: at('issued_at').notNull().defaultNow(),
    /** The memory is full, says the machine; only then does it get the nonce. */
    filledAt: at('filled_at'),
    nonce: bytes('nonce'),
    answeredAt: at('answered_at'),
    passed: boolean('passed'),
    reason: text('reason').notNull().default(''),
    measured: jsonb('measured'),
  },
  (t) => [index('node_challenges_by_machine').on(t.machineId, t.issuedAt)],
);

export const quotes = pgTable(
  'quotes',
  {
    id: uuid('id').primaryKey(),
    userId: text('user_id').notNull(),
    /** SHA-256 hex over the canonical specification: a quote fits only the job it was made for. */
    specificationHash: text('specification_hash').notNull(),
    deviceClass: text('device_class').notNull(),
    deadlineMs: bigint('deadline_ms', { mode: 'number' }).notNull(),
    amountBase: amountBase('amount_base').notNull(),
    pricePerHourBase: amountBase('price_per_hour_base').notNull(),
    estimatedDurationMs: bigint('estimated_duration_ms', { mode: 'number' }).notNull(),
    expiresAt: at('expires_at').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [index('quotes_by_user').on(t.userId, t.createdAt)],
);

/** References to encrypted objects in CyxCloud. Held-out data is a second object that no node ever gets the key of. */
export const datasets = pgTable(
  'datasets',
  {
    ownerId: text('owner_id').notNull(),
    cid: text('cid').notNull(),
    name: text('name').notNull(),
    samples: integer('samples').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    /** Shape of one sample, e.g. [28, 28, 1]. */
    sampleShape: jsonb('sample_shape').$type<number[]>().notNull(),
    classes: integer('classes').notNull(),
    /** `uint8` | `float32` | `int32`; null where a dataset was registered before this was asked for. */
    inputDtype: text('input_dtype'),
    /** Numbers in one target; null with classes, and where it was not asked for yet. */
    targetWidth: integer('target_width'),
    /** Wrapped by the KMS (purpose `dataset-key`, id = cid). */
    keyWrapped: text('key_wrapped').notNull(),
    heldOutCid: text('held_out_cid').notNull(),
    heldOutSamples: integer('held_out_samples').notNull(),
    heldOutKeyWrapped: text('held_out_key_wrapped').notNull(),
    /** Encrypted bytes of both parts in CyxCloud: what counts towards the owner's limit. */
    storedBytes: bigint('stored_bytes', { mode: 'number' }).notNull().default(0),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.ownerId, t.cid] })],
);

/** Managed wallets: the secret key is wrapped by the KMS (purpose `wallet`, id = user id). */
export const wallets = pgTable('wallets', {
  userId: text('user_id').primaryKey(),
  address: text('address').notNull().unique(),
  kind: text('kind').notNull(),
  secretWrapped: text('secret_wrapped'),
  createdAt: at('created_at').notNull().defaultNow(),
});

/**
 * Double-entry ledger. A transfer is exactly two rows with one key whose amounts add up to zero.
 * Accounts: `wallet:<address>`, `escrow:<address>`, `stake:<node account>`, `platform`, `insurance`, `mint`, `rent`, `network`.
 */
export const ledgerEntries = pgTable(
  'ledger_entries',
  {
    id: bigserial('id', { mode: 'bigint' }).primaryKey(),
    /** `<subject id>/<purpose>/<attempt>` */
    transferKey: text('transfer_key').notNull(),
    account: text('account').notNull(),
    counterAccount: text('counter_account').notNull(),
    /** `CYXWIZ` (base units) or `SOL` (lamports). */
    currency: text('currency').notNull(),
    /** Signed: what the account gained. */
    amountBase: amountBase('amount_base').notNull(),
    purpose: text('purpose').notNull(),
    jobId: uuid('job_id'),
    attempt: integer('attempt').notNull().default(0),
    userId: text('user_id'),
    signature: text('signature').notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (t) => [
    unique('ledger_once').on(t.transferKey, t.account, t.currency),
    index('ledger_by_job').on(t.jobId),
    index('ledger_by_account').on(t.account, t.id),
    index('ledger_by_signature').on(t.signature),
  ],
);

/**
 * A signed transaction, written before it is sent. Whoever finds it again sends the very same bytes, so one intent
 * can land once at most; a new transaction is only made once the old one's blockhash has expired.
 */
export const chainIntents = pgTable('chain_intents', {
  /** `<subject id>/<purpose>/<attempt>` */
  key: text('key').primaryKey(),
  signature: text('signature').notNull(),
  wire: bytes('wire').notNull(),
  lastValidBlockHeight: bigint('last_valid_block_height', { mode: 'number' }).notNull(),
  /** It was seen confirmed: from then on its signature is the answer for ever, however short the chain's memory is. */
  landed: boolean('landed').notNull().default(false),
  createdAt: at('created_at').notNull().defaultNow(),
});

/**
 * The parts of the platform that a node depends on say here that they are up. Silence of a node counts only for the time
 * in which they were.
 */
export const platformBeats = pgTable('platform_beats', {
  /** `edge` | `worker` */
  component: text('component').primaryKey(),
  startedAt: at('started_at').notNull(),
  lastAt: at('last_at').notNull(),
});

/** When such a part was down: from its last beat before to its first after. Never held against a node that was late. */
export const platformOutages = pgTable(
  'platform_outages',
  {
    component: text('component').notNull(),
    fromAt: at('from_at').notNull(),
    toAt: at('to_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.component, t.fromAt] }), index('platform_outages_by_end').on(t.toAt)],
);

/** Requests that came with an `Idempotency-Key`, with the answer that the first one got. Kept for a day. */
export const idempotentRequests = pgTable(
  'idempotent_requests',
  {
    /** Who asked: one person's keys are nobody else's. */
    scope: text('scope').notNull(),
    /** SHA-256 hex of the key. */
    keyHash: text('key_hash').notNull(),
    /** HMAC-SHA-256 hex over method, path and body, under the key. */
    requestHash: text('request_hash').notNull(),
    /** Names the run that is under way or gave the answer: one that was given up for dead writes nothing any more. */
    claimId: uuid('claim_id').notNull(),
    claimedAt: at('claimed_at').notNull(),
    /** Wrapped by the KMS (purpose `answer`, id = `<scope>/<key>`), since some answers carry keys; null while the first run is under way. */
    answerWrapped: text('answer_wrapped'),
  },
  (t) => [primaryKey({ columns: [t.scope, t.keyHash] }), index('idempotent_requests_by_age').on(t.claimedAt)],
);
