import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseGraph } from '#core/graph/parse';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import { CHALLENGE_GRACE_MS } from '#core/node/capability';
import type { JobAttemptRow, JobRow, NodeRow } from '#db/postgres/database';
import { refusalOf, type ClaimFacts } from './claim-rules.ts';
import { machineStatus } from './machine-documents.ts';
import { deviceForClass, queuesOfNode } from './node-queues.ts';
import { decodePageToken, effectivePageSize, encodePageToken } from './page-token.ts';
import { checkDatasetFits, jobIdFor } from './specification.ts';

const node = {
  id: 'n1',
  ownerId: 'provider',
  deviceClass: 'cpu',
  state: 'ACTIVE',
  pricePerHourBase: 300n,
  stakeBase: 100_000_000_000n,
  paused: false,
  draining: false,
  maintenance: false,
  unstaking: false,
  banned: false,
  totalJobs: 0,
  successful: 0,
  measured: measuredAs('cpu'),
  challengeDueAt: null,
} as NodeRow;
const job = {
  userId: 'user',
  attempt: 2,
  state: 'ESCROWED',
  deviceClass: 'cpu',
  pricePerHourBase: 300n,
  amountBase: 50n,
  estimatedDurationMs: 20_000,
  deadlineAt: new Date(Date.now() + 60_000),
} as JobRow;
const attempt = { attempt: 2, nodeId: null, closedAt: null, openedAt: new Date() } as JobAttemptRow;

describe('refusalOf', () => {
  const facts: ClaimFacts = { node, job, attempt, claimed: 2, others: [], smallerIsFree: false, othersFirst: false };
  it('grants a fitting claim, and grants it again', () => {
    expect(refusalOf(facts)).toBeNull();
    const held = { ...facts, attempt: { ...attempt, nodeId: 'n1' }, node: { ...node, state: 'BUSY' }, job: { ...job, state: 'ASSIGNED' } };
    expect(refusalOf(held)).toBeNull();
  });

  it('takes over a claim that was never assigned', () => {
    const dead = { ...attempt, nodeId: 'n2', claimedAt: new Date(Date.now() - 21_000), assignedAt: null };
    expect(refusalOf({ ...facts, attempt: dead })).toBeNull();
  });

  it('leaves a job to a smaller device that is free, for the first seconds', () => {
    expect(refusalOf({ ...facts, smallerIsFree: true })).toContain('smaller');
    expect(refusalOf({ ...facts, smallerIsFree: true, attempt: { ...attempt, openedAt: new Date(Date.now() - 5_001) } })).toBeNull();
  });

  it('passes over, for a minute, who had the job before and did not end it', () => {
    expect(refusalOf({ ...facts, othersFirst: true })).toContain('had this job before');
    expect(refusalOf({ ...facts, othersFirst: true, attempt: { ...attempt, openedAt: new Date(Date.now() - 60_001) } })).toBeNull();
  });

  it.each<[string, Partial<ClaimFacts>]>([
    ['current', { claimed: 1 }],
    ['current', { attempt: null }],
    ['closed', { attempt: { ...attempt, closedAt: new Date() } }],
    ['another node', { attempt: { ...attempt, nodeId: 'n2', claimedAt: new Date(), assignedAt: null } }],
    ['another node', { attempt: { ...attempt, nodeId: 'n2', claimedAt: new Date(0), assignedAt: new Date(0) } }],
    ['CANCELLED', { job: { ...job, state: 'CANCELLED' } }],
    ['deadline', { job: { ...job, deadlineAt: new Date(0) } }],
    ['too little time', { job: { ...job, estimatedDurationMs: 61_000 } }],
    ['escrow', { job: { ...job, amountBase: 10n ** 18n } }],
    ['themselves', { node: { ...node, ownerId: 'user' } }],
    ['class', { job: { ...job, deviceClass: 'cuda.8g' } }],
    ['of class cpu', { job: { ...job, deviceClass: 'cuda.8g' }, node: { ...node, deviceClass: 'cuda.80g' } }],
    ['not shown', { node: { ...node, measured: null } }],
    ['show again', { node: { ...node, challengeDueAt: new Date(Date.now() - CHALLENGE_GRACE_MS) } }],
    ['banned', { node: { ...node, banned: true } }],
    ['paused', { node: { ...node, paused: true } }],
    ['draining', { node: { ...node, draining: true } }],
    ['under maintenance', { node: { ...node, maintenance: true } }],
    ['unstaking', { node: { ...node, unstaking: true } }],
    ['stake', { node: { ...node, stakeBase: 99_999_999_999n } }],
    ['OFFLINE', { node: { ...node, state: 'OFFLINE' } }],
    ['BUSY', { node: { ...node, state: 'BUSY' } }],
    ['quote', { node: { ...node, pricePerHourBase: 301n } }],
    ['another job', { others: [{ completedAt: null, amountBase: 1n }] }],
    ['open with this one', { others: [{ completedAt: new Date(), amountBase: node.stakeBase }] }],
    ['verdict', { others: Array.from({ length: 8 }, () => ({ completedAt: new Date(), amountBase: 1n })) }],
  ])('refuses, saying "%s"', (word, change) => {
    expect(refusalOf({ ...facts, ...change })).toContain(word);
  });
});

describe('queuesOfNode', () => {
  it('names the own queue always, and those of its classes while it may take jobs', () => {
    expect(queuesOfNode(node)).toEqual(['node.n1', 'train.cpu']);
    expect(queuesOfNode({ ...node, measured: measuredAs('cuda.16g') })).toEqual(['node.n1', 'train.cuda.16g', 'train.cuda.8g']);
    for (const change of [{ banned: true }, { unstaking: true }, { state: 'SLASHED' }, { state: 'UNREGISTERED' }]) {
      expect(queuesOfNode({ ...node, ...change })).toEqual(['node.n1']);
    }
  });

  it('go by what the node has shown, not by what it says it is', () => {
    expect(queuesOfNode({ ...node, deviceClass: 'cuda.80g', measured: measuredAs('cuda.8g') })).toEqual(['node.n1', 'train.cuda.8g']);
    expect(queuesOfNode({ ...node, measured: null })).toEqual(['node.n1']);
    expect(queuesOfNode({ ...node, measured: { deviceClass: 'cpu' } })).toEqual(['node.n1']);
    const due = (agoMs: number) => queuesOfNode({ ...node, challengeDueAt: new Date(Date.now() - agoMs) });
    expect(due(CHALLENGE_GRACE_MS - 5_000)).toContain('train.cpu');
    expect(due(CHALLENGE_GRACE_MS)).toEqual(['node.n1']);
  });

  it('adds the reliable tier with the record for it', () => {
    expect(queuesOfNode({ ...node, totalJobs: 20, successful: 20 })).toContain('train.cpu.reliable');
    expect(queuesOfNode({ ...node, totalJobs: 20, successful: 10 })).not.toContain('train.cpu.reliable');
  });
});

it('deviceForClass finds a device that is big enough', () => {
  const hardware = { cpus: [{ name: 'C', cores: 2, threads: 4 }], gpus: [{ deviceId: 0, name: 'Radeon', vramMb: 24_564, cudaVersion: '' }, { deviceId: 1, name: 'G', vramMb: 24_564, cudaVersion: '12' }], ramTotalMb: 1 };
  expect(['cpu', 'cuda.24g', 'cuda.48g'].map((deviceClass) => deviceForClass(hardware, deviceClass))).toEqual(['C', 'G #1', null]);
});

it('a machine is online for 15 seconds after a heartbeat', () => {
  const heard = { maintenance: false, lastSeenAt: new Date(1_000_000) };
  expect(machineStatus(heard, 1_015_000)).toBe('online');
  expect(machineStatus(heard, 1_015_001)).toBe('offline');
  expect(machineStatus({ maintenance: false, lastSeenAt: null }, 0)).toBe('offline');
  expect(machineStatus({ ...heard, maintenance: true }, 1_000_000)).toBe('maintenance');
});

describe('checkDatasetFits', () => {
  const embedding = {
    version: 1,
    nodes: [
      { id: 'in', type: 'DataInput', params: { shape: [4], dtype: 'int32' } },
      { id: 'words', type: 'Embedding', params: { vocabulary: 9, units: 3 } },
      { id: 'flat', type: 'Flatten', params: {} },
      { id: 'scores', type: 'Linear', params: { units: 2 } },
      { id: 'out', type: 'Output', params: {} },
    ],
    edges: [{ from: 'in', to: 'words' }, { from: 'words', to: 'flat' }, { from: 'flat', to: 'scores' }, { from: 'scores', to: 'out' }],
  };
  const verdict = (units: number, loss: string, classes: number, sampleShape = [4], known: { inputDtype?: string; targetWidth?: number | null } = {}): string => {
    const layers = [['in', 'DataInput', { shape: [4] }], ['scores', 'Linear', { units }], ['out', 'Output', { loss }]] as const;
    const nodes = layers.map(([id, type, params]) => ({ id, type, params }));
    const graph = parseGraph(JSON.stringify({ version: 1, nodes, edges: [{ from: 'in', to: 'scores' }, { from: 'scores', to: 'out' }] }));
    try {
      checkDatasetFits(graph, { name: 'd', sampleShape, classes, ...known });
    } catch (error) {
      if (error instanceof CyxError && error.code === 'DATASET_INVALID') return error.message;
      throw error;
    }
    return 'fits';
  };

  it('takes what a node takes: labels that the model has scores for, one score for two classes, numbers', () => {
    expect([verdict(3, 'crossEntropy', 3), verdict(3, 'crossEntropy', 2), verdict(1, 'labelSigmoidCrossEntropy', 2)]).toEqual(['fits', 'fits', 'fits']);
    expect([verdict(1, 'huber', 0), verdict(2, 'meanSquaredError', 0), verdict(3, 'denseCrossEntropy', 0)]).toEqual(['fits', 'fits', 'fits']);
  });

  it('says what does not fit', () => {
    expect(verdict(3, 'crossEntropy', 4)).toMatch(/tells 3 classes apart, but "d" has 4/);
    expect(verdict(1, 'labelSigmoidCrossEntropy', 3)).toMatch(/tells 2 classes apart, but "d" has 3/);
    expect(verdict(3, 'crossEntropy', 0)).toMatch(/crossEntropy compares with class labels, but "d" has numbers/);
    expect(verdict(3, 'huber', 3)).toMatch(/huber compares with numbers, but "d" has class labels/);
    expect(verdict(3, 'crossEntropy', 3, [5])).toMatch(/shape \[4\], but those of "d" are \[5\]/);
  });

  it('goes by what is known of values and target width, and lets older datasets through', () => {
    expect(verdict(3, 'crossEntropy', 3, [4], { inputDtype: 'uint8' })).toBe('fits');
    expect(verdict(3, 'crossEntropy', 3, [4], { inputDtype: 'int32' })).toMatch(/takes numbers, but the samples of "d" are indices/);
    expect(verdict(2, 'huber', 0, [4], { targetWidth: 2 })).toBe('fits');
    expect(verdict(2, 'huber', 0, [4], { targetWidth: null })).toBe('fits');
    expect(verdict(1, 'huber', 0, [4], { targetWidth: 3 })).toMatch(/predicts 1 number a sample, but "d" has 3/);
    const words = parseGraph(embedding);
    expect(() => checkDatasetFits(words, { name: 'd', sampleShape: [4], classes: 2, inputDtype: 'int32' })).not.toThrow();
    expect(() => checkDatasetFits(words, { name: 'd', sampleShape: [4], classes: 2, inputDtype: 'float32' })).toThrow(/takes indices \(int32\), for its Embedding/);
  });
});

describe('page tokens', () => {
  it('fit the list they were made for and no other', () => {
    const token = encodePageToken('jobs/u1/', ['a', 'b']);
    const pair = z.tuple([z.string(), z.string()]);
    expect(decodePageToken('jobs/u1/', token, pair)).toEqual(['a', 'b']);
    expect(decodePageToken('jobs/u1/', '', pair)).toBeNull();
    const cases = [['jobs/u2/', token, pair], ['jobs/u1/', token, z.tuple([z.string()])], ['jobs/u1/', 'xyz', pair], ['jobs/u1/', token, z.tuple([z.uuid(), z.string()])]] as const;
    for (const [scope, text, position] of cases) {
      expect(() => decodePageToken<unknown>(scope, text, position)).toThrow(expect.objectContaining({ code: 'UNPROCESSABLE' }));
    }
  });

  it('page sizes have a default and a maximum', () => {
    expect([0, 5, 1000].map(effectivePageSize)).toEqual([20, 5, 100]);
    expect(() => effectivePageSize(-1)).toThrow();
  });
});

it('one request id of one user is one job, for ever', () => {
  expect(jobIdFor('u1', 'r1')).toBe(jobIdFor('u1', 'r1'));
  expect(new Set([jobIdFor('u1', 'r1'), jobIdFor('u2', 'r1'), jobIdFor('u1', 'r2'), jobIdFor('u', '1r1')]).size).toBe(4);
});
