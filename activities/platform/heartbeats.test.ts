import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { beating } from './heartbeats.ts';

afterEach(() => vi.useRealTimers());

describe('beating', () => {
  it('shows that the worker lives until the work is done, and no longer', async () => {
    vi.useFakeTimers();
    const environment = new MockActivityEnvironment();
    let beats = 0;
    environment.on('heartbeat', () => (beats += 1));
    let finish: (answer: string) => void = () => undefined;
    const { step } = beating({ step: (input: { name: string }) => new Promise<string>((resolve) => (finish = (answer) => resolve(`${input.name}: ${answer}`))) });
    const running = environment.run(step, { name: 'lock' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(beats).toBe(8);
    finish('done');
    expect(await running).toBe('lock: done');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(beats).toBe(8);
  });

  it('passes a failure on', async () => {
    const { step } = beating({ step: (): Promise<void> => Promise.reject(new Error('refused')) });
    await expect(new MockActivityEnvironment().run(step)).rejects.toThrow('refused');
  });
});
