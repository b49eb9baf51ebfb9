import { PublicKey } from '@solana/web3.js';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter, cidDigest, paddedText, uuidFromBytes, uuidToBytes } from './bytes.ts';
import { decodeDataset } from './dataset-registry.ts';
import { customErrorCode, explainProgramError, programErrorCode } from './errors.ts';
import { ESCROW_LAYOUT, assignNodeInstruction, commitResultInstruction, createEscrowInstruction, decodeEscrow, failAttemptInstruction } from './job-escrow.ts';
import { NODE_LAYOUT, decodeNode, registerNodeInstruction } from './node-registry.ts';

const key = (fill: number): PublicKey => new PublicKey(new Uint8Array(32).fill(fill));
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fill = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

describe('golden bytes of the instructions', () => {
  test('create_escrow: tag, job id, amount, expiry', () => {
    const ix = createEscrowInstruction({ payer: key(1), requester: key(2), jobId: fill(16, 0xaa), amountBase: 50_000_000_000n, expiresAt: 1_800_003_600n, mint: key(3) });
    expect(hex(ix.data)).toBe(`01${'aa'.repeat(16)}00743ba40b000000` + '10e0496b00000000');
    expect(ix.keys.map(({ isSigner, isWritable }) => `${isSigner ? 's' : '-'}${isWritable ? 'w' : '-'}`).join(' ')).toBe('sw s- -w -w -w -- -- -- --');
  });

  test('assign_node: tag, attempt, expiry, draw hash', () => {
    const ix = assignNodeInstruction({ authority: key(1), escrow: key(2), node: key(3), attempt: 2, expiresAt: 1n, drawHash: fill(32, 0xbb) });
    expect(hex(ix.data)).toBe(`02020100000000000000${'bb'.repeat(32)}`);
  });

  test('commit_result: tag, attempt, root, deadline', () => {
    const ix = commitResultInstruction({ authority: key(1), escrow: key(2), attempt: 1, root: fill(32, 0xcc), verifyDeadline: 258n });
    expect(hex(ix.data)).toBe(`0301${'cc'.repeat(32)}0201000000000000`);
  });

  test('fail_attempt: tag, attempt, reason, ban, evidence', () => {
    const common = { payer: key(1), authority: key(2), escrow: key(3), attempt: 3, node: key(4), mint: key(5), insuranceOwner: key(6) };
    expect(hex(failAttemptInstruction({ ...common, reason: 'invalid', evidenceHash: fill(32, 0xdd), ban: true }).data)).toBe(`04030301${'dd'.repeat(32)}`);
    expect(hex(failAttemptInstruction({ ...common, reason: 'released' }).data)).toBe(`04030400${'00'.repeat(32)}`);
  });

  test('register_node: tag, node id, stake, gpu', () => {
    const ix = registerNodeInstruction({ payer: key(1), owner: key(2), nodeId: fill(16, 0xee), stakeBase: 100_000_000_000n, gpu: 'cpu', mint: key(3) });
    expect(hex(ix.data)).toBe(`01${'ee'.repeat(16)}00e8764817000000637075${'00'.repeat(61)}`);
  });
});

describe('golden bytes of the accounts', () => {
  test('an escrow', () => {
    const attempt = new ByteWriter().key(key(7)).bytes(fill(32, 8), 32, '').bytes(fill(32, 9), 32, '').bytes(fill(32, 10), 32, '');
    attempt.i64(100n).i64(200n).u64(300n).u8(3).u8(1).bytes(fill(6, 0), 6, '');
    const head = new ByteWriter().u8(0x12).u8(1).u8(254).u8(253).u8(1).u8(1).u8(0).u8(0).bytes(fill(16, 1), 16, '').key(key(2)).key(key(3));
    head.u64(50n).i64(1n).i64(2n).i64(3n).i64(0n);
    const data = Uint8Array.of(...head.finish(), ...attempt.finish(), ...fill(480, 0));
    expect(data.length).toBe(ESCROW_LAYOUT.size);
    expect(decodeEscrow(data)).toEqual({
      status: 'locked',
      jobId: fill(16, 1),
      requester: key(2),
      rentPayer: key(3),
      amountBase: 50n,
      createdAt: 1n,
      expiresAt: 2n,
      verifyDeadline: 3n,
      settledAt: 0n,
      attempts: [
        { attempt: 1, node: key(7), root: fill(32, 8), drawHash: fill(32, 9), evidenceHash: fill(32, 10), assignedAt: 100n, committedAt: 200n, commitSlot: 300n, outcome: 'invalid', banned: true },
      ],
    });
  });

  test.each([
    ['another kind', (data: Uint8Array) => data.fill(0x22, 0, 1)],
    ['another version', (data: Uint8Array) => data.fill(2, 1, 2)],
    ['another length', (data: Uint8Array) => data.slice(1)],
    ['an unknown status', (data: Uint8Array) => data.fill(9, 4, 5)],
  ])('%s is refused', (_, change) => {
    const data = fill(ESCROW_LAYOUT.size, 0);
    data.set([0x12, 1, 255, 255, 1]);
    expect(() => decodeEscrow(data.slice())).not.toThrow();
    expect(() => decodeEscrow(change(data))).toThrow(RangeError);
    expect(() => decodeNode(data)).toThrow('not a node');
    expect(() => decodeDataset(data)).toThrow('not a dataset');
  });

  test('an empty node decodes, with its text trimmed', () => {
    const data = fill(NODE_LAYOUT.size, 0);
    data.set([0x22, 1, 255, 255, 3]);
    data.set(new TextEncoder().encode('Grafikkarte für alle'), NODE_LAYOUT.gpu);
    expect(decodeNode(data)).toMatchObject({ status: 'banned', banned: true, gpu: 'Grafikkarte für alle', open: [] });
  });
});

describe('bytes', () => {
  test('UUIDs go there and back, anything else is refused', () => {
    const uuid = '0f8b6c1e-5a3d-4e2f-8a7b-0123456789ab';
    expect(uuidFromBytes(uuidToBytes(uuid))).toBe(uuid);
    expect(() => uuidToBytes('0f8b6c1e')).toThrow('not a UUID');
  });

  test('ranges are checked', () => {
    expect(() => new ByteWriter().u64(2n ** 64n)).toThrow('not a u64');
    expect(() => new ByteWriter().u64(-1n)).toThrow('not a u64');
    expect(() => new ByteWriter().u8(256)).toThrow('not a u8');
    expect(() => new ByteWriter().i64(2n ** 63n)).toThrow('not an i64');
    expect(() => paddedText('ü'.repeat(33), 64, 'gpu')).toThrow('longer than 64 bytes');
    expect(() => new ByteReader(fill(3, 0)).bytes(0, 4)).toThrow('too short');
    expect(() => cidDigest(fill(36, 0))).toThrow('version 1');
  });
});

test('errors are found in what web3.js reports', () => {
  expect(customErrorCode({ InstructionError: [0, { Custom: 1000 }] })).toBe(1000);
  expect(customErrorCode({ InstructionError: [0, 'InvalidAccountData'] })).toBeUndefined();
  expect(customErrorCode('BlockhashNotFound')).toBeUndefined();
  expect(explainProgramError(programErrorCode('NotLocked'))?.name).toBe('NotLocked');
  expect(explainProgramError(1)).toBeUndefined();
});
