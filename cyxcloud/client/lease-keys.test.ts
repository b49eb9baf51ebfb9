import { describe, expect, it } from 'vitest';
import { createLeaseKeyPair, wrapLeaseKey, type LeaseBinding } from './lease-keys.ts';

const binding: LeaseBinding = { jobId: 'job-1', attempt: 2, leaseEndsAtMs: 5_000, purpose: 'dataset' };
const key = crypto.getRandomValues(new Uint8Array(32));
const NOW_MS = 1_000;

describe('keys wrapped for a lease', () => {
  it('open for whom they were wrapped, and are never the same twice', async () => {
    const node = await createLeaseKeyPair();
    const [first, second] = [await wrapLeaseKey(key, node.publicKey, binding), await wrapLeaseKey(key, node.publicKey, binding)];
    expect([node.publicKey.length, first.encapsulated.length, first.ciphertext.length]).toEqual([32, 32, 48]);
    expect(first.ciphertext).not.toEqual(second.ciphertext);
    for (const wrapped of [first, second]) expect(await node.open(wrapped, binding, NOW_MS)).toEqual(key);
  });

  it('open out of a message, where they are views of something longer', async () => {
    const node = await createLeaseKeyPair();
    const { encapsulated, ciphertext } = await wrapLeaseKey(key, Buffer.concat([Buffer.alloc(5), node.publicKey]).subarray(5), binding);
    const message = Buffer.concat([encapsulated, ciphertext]);
    expect(await node.open({ encapsulated: message.subarray(0, 32), ciphertext: message.subarray(32) }, binding, NOW_MS)).toEqual(key);
  });

  it('do not open for another process', async () => {
    const [node, other] = [await createLeaseKeyPair(), await createLeaseKeyPair()];
    await expect(other.open(await wrapLeaseKey(key, node.publicKey, binding), binding, NOW_MS)).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
  });

  it.each<[string, Partial<LeaseBinding>]>([
    ['another job', { jobId: 'job-2' }],
    ['another attempt', { attempt: 3 }],
    ['a later end', { leaseEndsAtMs: 5_001 }],
    ['another purpose', { purpose: 'model' }],
  ])('do not open under %s', async (_name, change) => {
    const node = await createLeaseKeyPair();
    const wrapped = await wrapLeaseKey(key, node.publicKey, binding);
    await expect(node.open(wrapped, { ...binding, ...change }, NOW_MS)).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
  });

  it('do not open once the lease is over, nor bent', async () => {
    const node = await createLeaseKeyPair();
    const wrapped = await wrapLeaseKey(key, node.publicKey, binding);
    await expect(node.open(wrapped, binding, 5_000)).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    const bent = { ...wrapped, ciphertext: wrapped.ciphertext.map((byte, index) => (index === 7 ? byte ^ 1 : byte)) };
    await expect(node.open(bent, binding, NOW_MS)).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
  });

  it('are not wrapped for what is no public key', async () => {
    for (const bad of [new Uint8Array(0), new Uint8Array(31).fill(1), new Uint8Array(32)]) {
      await expect(wrapLeaseKey(key, bad, binding)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });
});
