import { describe, expect, it } from 'vitest';
import { capabilityQueue, nodeQueue, verifierQueue } from '#temporal/contract/queues';
import { classesAbleToServe, classesServedBy, deviceClassSchema, smallestClassFor } from './device-class.ts';

describe('device classes', () => {
  it('picks the smallest sufficient class', () => {
    expect(smallestClassFor('cpu', 0)).toBe('cpu');
    expect(smallestClassFor('cuda', 6_000)).toBe('cuda.8g');
    expect(smallestClassFor('cuda', 20_000)).toBe('cuda.24g');
    expect(() => smallestClassFor('cuda', 90_000)).toThrow(/No device class/);
  });

  it('lets a bigger node take smaller jobs, never the other way round', () => {
    expect(classesServedBy({ device: 'cuda', memoryMib: 24_564 })).toEqual(['cuda.24g', 'cuda.16g', 'cuda.8g']);
    expect(classesServedBy({ device: 'cuda', memoryMib: 4_096 })).toEqual([]);
    expect(classesServedBy({ device: 'cpu', memoryMib: 0 })).toEqual(['cpu']);
    expect(classesAbleToServe('cuda.24g')).toEqual(['cuda.24g', 'cuda.48g', 'cuda.80g']);
    expect(classesAbleToServe('cpu')).toEqual(['cpu']);
  });

  it('knows its own names and no others', () => {
    for (const name of ['cpu', 'cuda.8g', 'cuda.80g']) expect(deviceClassSchema.safeParse(name).success).toBe(true);
    for (const name of ['gpu', 'cuda', 'cuda.12g', 'train.cpu', '']) expect(deviceClassSchema.safeParse(name).success).toBe(false);
  });

  it('names the queues', () => {
    expect(capabilityQueue('cuda.24g')).toBe('train.cuda.24g');
    expect(capabilityQueue('cpu', 'reliable')).toBe('train.cpu.reliable');
    expect(nodeQueue('n1')).toBe('node.n1');
    expect([verifierQueue('cpu'), verifierQueue('cpu', ''), verifierQueue('cpu', 'avx512')]).toEqual(['verify.cpu', 'verify.cpu', 'verify.cpu.avx512']);
  });
});
