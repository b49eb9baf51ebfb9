import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { until } from './testing/fixture.ts';
import { startWorkerLife, type RunnableWorker } from './worker-life.ts';

const log = { info: () => undefined, warn: () => undefined };

/** Stands for the SDK's worker, whose own failures can not be had on demand: `end` says how its run ends, if it does. */
class ScriptedWorker implements RunnableWorker {
  state = 'INITIALIZED';
  end!: (error?: Error) => void;

  run(): Promise<void> {
    this.state = 'RUNNING';
    return new Promise((resolve, reject) => {
      this.end = (error) => {
        this.state = error === undefined ? 'STOPPED' : 'FAILED';
        if (error === undefined) resolve();
        else reject(error);
      };
    });
  }

  getState(): string {
    return this.state;
  }

  shutdown(): void {
    this.state = 'STOPPING';
  }
}

const times = { restartMs: 20, goodAfterMs: 60, badForAtMostMs: 300, lookMs: 10, failedForAtMostMs: 150 };
let made: ScriptedWorker[];
let makingFails: boolean;
let reasons: string[];
const start = () =>
  startWorkerLife({
    create: () => {
      if (makingFails) return Promise.reject(new Error('can not be made'));
      made.push(new ScriptedWorker());
      return Promise.resolve(made.at(-1)!);
    },
    queue: 'node.a',
    log,
    times,
    onBroken: (reason) => void reasons.push(reason.message),
  });

beforeEach(() => {
  made = [];
  makingFails = false;
  reasons = [];
});

const running = (count: number): Promise<void> => until(`worker ${count}`, () => made.length === count && made.at(-1)!.state === 'RUNNING');

it('is followed by another worker when one ends', async () => {
  await start();
  made[0]!.end(new Error('refused'));
  await running(2);
  expect(reasons).toEqual([]);
});

it('survives a moment in which no worker can be made', async () => {
  await start();
  makingFails = true;
  made[0]!.end(new Error('refused'));
  await sleep(100);
  makingFails = false;
  await running(2);
  expect(reasons).toEqual([]);
});

it('is broken where no worker can be made again and again', async () => {
  await start();
  makingFails = true;
  made[0]!.end(new Error('refused'));
  await until('a reason', () => reasons.length > 0);
  expect(reasons).toEqual(['No worker for the queue node.a stays up']);
});

it('is broken where a worker failed and does not end', async () => {
  await start();
  made[0]!.state = 'FAILED';
  await sleep(50);
  expect(reasons).toEqual([]);
  await until('a reason', () => reasons.length > 0);
  expect([made.length, reasons]).toEqual([1, ['A worker failed and does not end']]);
});

it('stays whole over any number of good workers', async () => {
  await start();
  for (let count = 1; count <= 8; count += 1) {
    await running(count);
    await sleep(70);
    made.at(-1)!.end(new Error('refused'));
  }
  await running(9);
  expect(reasons).toEqual([]);
});

it('stops in a bounded time, also where the worker never ends', async () => {
  const life = await start();
  const askedAtMs = Date.now();
  await life.stop(100);
  expect(Date.now() - askedAtMs).toBeLessThan(1_000);
  await sleep(200);
  expect([made[0]!.state, made.length, reasons]).toEqual(['STOPPING', 1, []]);
});
