import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { stopSignals } from './stop-signals.ts';

describe('a process that is told to stop', () => {
  it('hurries only when it is told again later, and not for the same Ctrl-C by two ways', async () => {
    const source = new EventEmitter();
    const { stopped, atOnce } = stopSignals(source, 20);
    const heard = (): boolean[] => [stopped.aborted, atOnce.aborted];
    expect(heard()).toEqual([false, false]);
    source.emit('SIGINT');
    source.emit('SIGINT');
    expect(heard()).toEqual([true, false]);
    await sleep(40);
    source.emit('SIGTERM');
    expect(heard()).toEqual([true, true]);
  });
});
