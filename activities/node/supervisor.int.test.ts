import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { processMark } from '#engine/node/process-mark';
import { createSupervisor, type Supervisor } from './supervisor.ts';
import { fixtureCommand, fixtureSpec, until, type FixtureBehaviour } from './testing/fixture.ts';

const jobId = '3f0c1f5e-8f4b-4c58-9f0e-0a4f5e7a1b2c';
const key = { jobId, attempt: 1 };
const later = (): number => Date.now() + 60_000;
const pidIn = (dir: string): number => (JSON.parse(readFileSync(join(dir, 'process.json'), 'utf8')) as { pid: number }).pid;

let root: string;
let supervisor: Supervisor;
const start = (steps: number, behaviour?: FixtureBehaviour, run = key) =>
  supervisor.start(run, later(), () => Promise.resolve(fixtureSpec(steps, behaviour)));

/** What the next start of the worker has. */
const restart = (): void => {
  supervisor = createSupervisor({ root, command: fixtureCommand });
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'supervisor-'));
  restart();
});
afterEach(async () => {
  for (const run of supervisor.live()) await supervisor.stop(run);
  rmSync(root, { recursive: true });
});

describe('one run', () => {
  it('gives its progress once and in order, then its result, and is not started again', async () => {
    const run = await start(12);
    const tail = run.tail(0);
    const seen: number[] = [];
    await until('the result', () => {
      seen.push(...tail.read().map((line) => line.sequence));
      return run.result() !== undefined;
    });
    seen.push(...tail.read().map((line) => line.sequence));
    expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    const pid = pidIn(run.dir);
    expect((await start(12)).result()).toMatchObject({ ok: true, steps: 12 });
    expect(pidIn(run.dir)).toBe(pid);
  });

  it('is one process, however many ask at once', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => start(100)));
    expect(new Set(runs.map((run) => pidIn(run.dir))).size).toBe(1);
    expect(supervisor.live()).toEqual([key]);
  });

  it('is gone within a second of a stop, files and all', async () => {
    const run = await start(1_000);
    const pid = pidIn(run.dir);
    const askedAtMs = Date.now();
    await supervisor.stop(key);
    expect(Date.now() - askedAtMs).toBeLessThan(1_000);
    expect(processMark(pid)).toBeUndefined();
    expect(existsSync(run.dir)).toBe(false);
  });

  it('goes on from its checkpoint after a suspension', async () => {
    const run = await start(60);
    await until('some steps', () => run.tail(0).read().length > 7);
    await supervisor.suspendAll();
    expect([run.alive(), run.result()]).toEqual([false, undefined]);
    const done = run.tail(0).read().at(-1)!;
    await expect(start(60)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    restart();
    await start(60);
    await until('another step', () => run.tail(done.sequence).read().length > 0);
    expect(run.tail(done.sequence).read()[0]).toMatchObject({ sequence: done.sequence + 1, step: done.step + 1 });
  });

  it('leaves with a checkpoint and without the dataset when its lease is over; others may still start', async () => {
    const run = await start(1_000);
    writeFileSync(join(run.dir, 'dataset.safetensors'), 'secret');
    await until('some steps', () => run.tail(0).read().length > 2);
    await supervisor.suspend(key);
    expect([run.alive(), existsSync(join(run.dir, 'checkpoint.safetensors')), existsSync(join(run.dir, 'dataset.safetensors'))]).toEqual([false, true, false]);
    expect((await start(1_000, 'train', { jobId, attempt: 2 })).alive()).toBe(true);
  });

  it('is ended when its lease is over and it does not leave by itself', async () => {
    const run = await start(1_000, 'deaf');
    await until('a step', () => run.tail(0).read().length > 0);
    await supervisor.suspend(key);
    expect(run.alive()).toBe(false);
  });


  it('is given up after three starts that got nowhere', async () => {
    for (let starts = 0; starts < 3; starts += 1) {
      const run = await start(10, 'crash');
      await until('its end', () => existsSync(join(run.dir, 'end.json')));
      if (starts < 2) rmSync(join(run.dir, 'end.json'));
    }
    await expect(start(10, 'crash')).rejects.toMatchObject({ code: 'TRAINING_FAILED', message: expect.stringMatching(/exit code 1/) as string });
  });

  it('is given up at once where the kernel gives it no more memory, in other words than any other end', async () => {
    const greedy = () => supervisor.start(key, later(), () => Promise.resolve({ ...fixtureSpec(10, 'greedy'), memoryMb: 64 }));
    const run = await greedy();
    await until('its end', () => existsSync(join(run.dir, 'end.json')), 30_000);
    expect(run.result()).toBeUndefined();
    await expect(greedy()).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringMatching(/more memory than this machine gives it/) as string });
    expect((await start(1_000, 'train', { jobId, attempt: 2 })).alive()).toBe(true);
  });

  it.each([
    ['SIGKILL', 'OUT_OF_MEMORY', /memory runs out/],
    ['SIGSEGV', 'TRAINING_FAILED', /by SIGSEGV/],
  ] as const)('ends as a typed failure where the system ends it by %s again and again, and others train on', async (name, code, message) => {
    for (let starts = 0; starts < 3; starts += 1) {
      const run = await start(10, 'hang');
      await until('its pid', () => existsSync(join(run.dir, 'child.json')));
      process.kill(pidIn(run.dir), name);
      await until('its end', () => existsSync(join(run.dir, 'end.json')));
      rmSync(join(run.dir, 'child.json'));
      if (starts < 2) rmSync(join(run.dir, 'end.json'));
    }
    await expect(start(10, 'hang')).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect((await start(1_000, 'train', { jobId, attempt: 2 })).alive()).toBe(true);
  });

  it('gives the process nothing of its own environment that could be a secret', async () => {
    vi.stubEnv('CYXWIZ_SIGNING_SECRET', 'hush');
    const run = await start(3);
    vi.unstubAllEnvs();
    await until('the result', () => run.result() !== undefined);
    const { names } = JSON.parse(readFileSync(join(run.dir, 'environment.json'), 'utf8')) as { names: string[] };
    expect(names).toContain('PATH');
    expect(names.filter((name) => /SECRET|VITEST|NODE/.test(name))).toEqual([]);
  });

  it('tells its process to wait and to go on, and by when it must be over', async () => {
    const run = await start(1_000);
    const spec = JSON.parse(readFileSync(join(run.dir, 'spec.json'), 'utf8')) as { deadlineAtMs: number };
    expect(spec.deadlineAtMs).toBeGreaterThan(Date.now());
    supervisor.pause(key);
    expect(existsSync(join(run.dir, 'pause'))).toBe(true);
    supervisor.resume(key);
    expect(existsSync(join(run.dir, 'pause'))).toBe(false);
  });
});

describe('across processes', () => {
  it('is found again, alive and the same, after kill -9 of the worker', async () => {
    const script = fileURLToPath(new URL('./testing/supervisor-process.ts', import.meta.url));
    const worker = spawn(process.execPath, ['--import', 'tsx', script, root, jobId], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(worker.stdout, 'data');
    const run = supervisor.find(key)!;
    const pid = pidIn(run.dir);
    await until('a step', () => run.tail(0).read().length > 0);
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    const before = run.tail(0).read().at(-1)!.sequence;
    expect(supervisor.live()).toEqual([key]);
    const attached = await supervisor.start(key, later(), () => Promise.reject(new Error('must not be asked')));
    await until('more steps', () => attached.tail(before).read().length > 3);
    expect(pidIn(run.dir)).toBe(pid);
  });

  it('never touches a stranger that got the old process id', async () => {
    const stranger = spawn('sleep', ['60']);
    const run = await start(1_000);
    const real = pidIn(run.dir);
    writeFileSync(join(run.dir, 'process.json'), JSON.stringify({ pid: stranger.pid, mark: 'another start', fruitlessStarts: 0, sequenceAtStart: 0 }));
    expect(run.alive()).toBe(false);
    await supervisor.stop(key);
    expect(processMark(stranger.pid!)).toBeDefined();
    stranger.kill();
    process.kill(real, 'SIGKILL');
  });
});

describe('pruning', () => {
  it('ends what is overdue, drops datasets of finished runs, and keeps results for a day', async () => {
    const run = await start(3);
    writeFileSync(join(run.dir, 'dataset.safetensors'), 'secret');
    await until('the result', () => run.result() !== undefined && !run.alive());
    await supervisor.prune(Date.now());
    expect([existsSync(join(run.dir, 'dataset.safetensors')), run.result()?.ok]).toEqual([false, true]);
    const overdue = await start(10_000, 'train', { jobId, attempt: 2 });
    await supervisor.prune(Date.now() + 3_600_000);
    expect([overdue.alive(), run.result()?.ok]).toEqual([false, true]);
    await supervisor.prune(Date.now() + 2 * 24 * 3_600_000);
    expect(supervisor.find(key)).toBeUndefined();
  });
});
