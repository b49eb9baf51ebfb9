import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { decodeDataset, encodeDataset, firstSamples, type Dataset } from '#engine/data/dataset';
import { loadDigits } from '#engine/node/digits';
import '#scripts/test/provided';

const BIN = fileURLToPath(new URL('./bin.mjs', import.meta.url));
const GRAPH = fileURLToPath(new URL('../examples/graphs/digits-cnn.json', import.meta.url));
const NAME = `cli-${randomBytes(4).toString('hex')}`;
const SAMPLES = 500;

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What the commands print, as far as these tests look at it. */
interface Printed {
  readonly cid: string;
  readonly jobId: string;
  readonly kind: string;
  readonly state: string;
  readonly amountBase: string;
  readonly nodeBase: string;
  readonly platformBase: string;
  readonly balanceBase: string;
  readonly testAccuracy: number;
  readonly transfers: readonly { readonly purpose: string; readonly amountBase: string }[];
  readonly jobs: readonly { readonly jobId: string }[];
  readonly error: { readonly code: string; readonly message: string };
}

let folder: string;
let digitsFile: string;
let digits: Dataset;
/** The dataset's CID and a finished job, which later tests look at. */
let cid: string;
let jobId: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cyxwiz-cli-'));
  const { training } = await loadDigits();
  digits = firstSamples(training, SAMPLES);
  digitsFile = join(folder, 'digits.safetensors');
  writeFileSync(digitsFile, encodeDataset(digits));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command as a shell would, with the environment of the platform under test. */
function cyxwiz(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', HOME: folder, NO_COLOR: '1', CYXWIZ_PASSWORD: 'four unrelated words here', ...inject('stackEnv'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, out, err }));
  });
}

/** The result of a command that is expected to go well. */
async function json(...args: string[]): Promise<Printed> {
  const { code, out, err } = await cyxwiz([...args, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Printed;
}
const jsonLines = (out: string): Printed[] => out.trim().split('\n').map((line) => JSON.parse(line) as Printed);
const training = (...more: string[]): string[] => ['--graph', GRAPH, '--data', cid, '--epochs', '1', '--batch-size', '50', ...more];

describe('a wrong command line', () => {
  it.each([
    [['frobnicate'], /unknown command/],
    [['job', 'submit'], /--graph/],
    [['job', 'show'], /missing required argument/],
    [['job', 'list', '--colour', 'red'], /unknown option/],
    [['job', 'list', '--page-size', 'many'], /must be a number/],
  ])('%j exits with 2 and says what is wrong', async (args, message) => {
    const { code, out, err } = await cyxwiz(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });

  it('help and nothing at all are no failure of the platform', async () => {
    expect((await cyxwiz(['--help'])).code).toBe(0);
    expect((await cyxwiz(['--help'])).out).toMatch(/job .*\n.*data /s);
  });
});

describe('what can not be done', () => {
  it('without a login exits with 1 and a sentence, in JSON where that was asked for', async () => {
    const nobody = { CYXWIZ_HOME: join(folder, 'nobody') };
    const { code, out, err } = await cyxwiz(['wallet'], nobody);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe('✗ Log in first: cyxwiz login <name> (or set CYXWIZ_TOKEN)\n');
    const asked = await cyxwiz(['wallet', '--json'], nobody);
    expect(asked.code).toBe(1);
    expect(JSON.parse(asked.out)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  });

  it.each([
    ['a token that is none', ['wallet'], { CYXWIZ_TOKEN: 'abc' }, 'UNAUTHENTICATED'],
    ['a wrong password', ['login', 'nobody-of-that-name'], {}, 'BAD_CREDENTIALS'],
    ['a platform that is down', ['wallet'], { CYXWIZ_TOKEN: 'abc', CYXWIZ_PUBLIC_URL: 'http://127.0.0.1:9' }, 'UNAVAILABLE'],
    ['an operator’s command without the right', ['audit'], { CYXWIZ_OPERATOR_TOKEN: 'guessed' }, 'UNAUTHENTICATED'],
  ])('%s exits with 1 and a code', async (_what, args, env, code) => {
    const outcome = await cyxwiz([...args, '--json'], env);
    expect(outcome).toMatchObject({ code: 1, err: '' });
    expect(JSON.parse(outcome.out)).toMatchObject({ error: { code, message: expect.stringMatching(/\w+ \w+/) } });
  });
});

describe('the whole way', () => {
  it('registers, logs in, and has a wallet with its credit', async () => {
    expect(await json('register', `${NAME}@example.org`, NAME)).toMatchObject({ username: NAME });
    expect(await json('login', NAME)).toMatchObject({ user: { username: NAME } });
    let wallet: Printed;
    do {
      await sleep(300);
      const asked = await cyxwiz(['wallet', '--json']);
      wallet = JSON.parse(asked.out) as Printed;
    } while (wallet.transfers?.length !== 1);
    expect(wallet).toMatchObject({ balanceBase: '1000000000000', transfers: [{ purpose: 'welcome-credit', amountBase: '1000000000000' }] });
  });

  it('stores a dataset and gets its training part back, byte for byte', async () => {
    const stored = await json('data', 'put', digitsFile, '--name', 'some digits');
    expect(stored).toMatchObject({ samples: 400, heldOutSamples: 100, name: 'some digits' });
    expect(Object.keys(stored)).not.toContain('key');
    cid = stored.cid;
    expect(await json('data', 'list')).toMatchObject([{ cid, samples: 400 }]);

    const file = join(folder, 'back.safetensors');
    expect(await json('data', 'get', cid, '-o', file)).toEqual({ cid, file });
    const back = new Uint8Array(readFileSync(file));
    const decoded = decodeDataset(back);
    expect(decoded.samples).toBe(400);
    expect(Buffer.from(encodeDataset(decoded)).equals(back)).toBe(true);
    // Each sample that came back is one of those that went in, none of them twice.
    const known = new Map<string, number>();
    for (const key of sampleKeys(digits)) known.set(key, (known.get(key) ?? 0) + 1);
    for (const key of sampleKeys(decoded)) {
      expect(known.get(key) ?? 0).toBeGreaterThan(0);
      known.set(key, known.get(key)! - 1);
    }
  });

  it('stores a training part as it is where the held-out part is a file of its own', async () => {
    const stored = await json('data', 'put', digitsFile, '--held-out', digitsFile);
    const file = join(folder, 'same.safetensors');
    await json('data', 'get', stored.cid, '-o', file);
    expect(readFileSync(file).equals(readFileSync(digitsFile))).toBe(true);
  });

  it('quotes, submits and follows a job to its end', async () => {
    const quote = await json('job', 'quote', ...training());
    expect(BigInt(quote.nodeBase) + BigInt(quote.platformBase)).toBe(BigInt(quote.amountBase));
    const { code, out, err } = await cyxwiz(['job', 'submit', ...training('--budget', '100', '--follow', '--request-id', NAME), '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [submitted, ...updates] = jsonLines(out);
    jobId = submitted!.jobId;
    expect(updates.filter(({ kind }) => kind === 'state').map(({ state }) => state)).toEqual([
      'CREATED', 'QUEUED', 'ESCROWED', 'ASSIGNED', 'RUNNING', 'COMPLETED',
    ]);
    expect(updates.some(({ kind }) => kind === 'progress')).toBe(true);
  }, 180_000);

  it('submits the same request again and gets the same job, but not another one under its id', async () => {
    expect((await json('job', 'submit', ...training('--budget', '100', '--request-id', NAME))).jobId).toBe(jobId);
    const other = await cyxwiz(['job', 'submit', ...training('--seed', '2', '--budget', '100', '--request-id', NAME), '--json']);
    expect(other.code).toBe(1);
    expect(JSON.parse(other.out)).toMatchObject({ error: { code: 'ALREADY_EXISTS' } });
  });

  it('lists, shows and tells the job, for programs and for people', async () => {
    expect(await json('job', 'list', '--state', 'completed')).toMatchObject({ jobs: [{ jobId, state: 'COMPLETED' }] });
    const shown = await json('job', 'show', jobId);
    const sum = (purpose: string): bigint =>
      shown.transfers.filter((transfer) => transfer.purpose === purpose).reduce((total, { amountBase }) => total + BigInt(amountBase), 0n);
    expect(shown.testAccuracy).toBeGreaterThan(0.3);
    expect(sum('escrow-lock')).toBe(BigInt(shown.amountBase));
    const logs = await cyxwiz(['job', 'logs', jobId]);
    expect(logs).toMatchObject({ code: 0, err: '' });
    expect(logs.out).toMatch(/ {2}CREATED\n[^]*epoch 1\/1[^]* {2}COMPLETED\n/);
    expect((await cyxwiz(['job', 'show', jobId])).out).toMatch(/COMPLETED[^]*accuracy on held-out data/);
  });

  it('cancels a job, which gives its tokens back, and says so by the exit code of whoever follows it', async () => {
    const before = (await json('wallet')).balanceBase;
    const following = cyxwiz(['job', 'submit', '--graph', GRAPH, '--data', cid, '--epochs', '500', '--budget', '500', '--deadline', '15', '-f', '--json']);
    let cancelled: string | undefined;
    while (cancelled === undefined) cancelled = (await json('job', 'list')).jobs.find((job) => job.jobId !== jobId)?.jobId;
    const logs = await cyxwiz(['job', 'logs', cancelled]);
    expect(logs).toMatchObject({ code: 0, err: '' });
    expect(logs.out).toMatch(/ {2}CREATED\n/);
    expect(await json('job', 'cancel', cancelled)).toMatchObject({ jobId: cancelled });
    expect((await following).code).toBe(1);
    const followed = await cyxwiz(['job', 'logs', cancelled, '-f']);
    expect(followed.out).toMatch(/ {2}CANCELLED\n$/);
    let balance = '';
    for (const giveUpAt = Date.now() + 30_000; balance !== before && Date.now() < giveUpAt; await sleep(500)) balance = (await json('wallet')).balanceBase;
    expect(balance).toBe(before);
    const again = await cyxwiz(['job', 'cancel', cancelled, '--json']);
    expect(again.code).toBe(1);
    expect(JSON.parse(again.out)).toMatchObject({ error: { code: 'STATE_CONFLICT' } });
  }, 180_000);

  it('proves the ledger against the chain', async () => {
    expect(await json('audit')).toMatchObject({ ok: true, problems: [] });
  });
});

describe('bad input', () => {
  let before: string;
  beforeAll(async () => {
    before = (await json('wallet')).balanceBase;
  });

  it.each([
    ['a file that is not there', () => ['data', 'put', join(folder, 'none')], 'INVALID_INPUT', /no such file/],
    ['a file that is no dataset', () => ['data', 'put', GRAPH], 'DATASET_INVALID', /safetensors|header/],
    ['a CID that nobody stored', () => ['data', 'get', 'bafybeibyqyrkx66boqbutl5oktknecxgnl43cipcls3knonfmi727rdtnu', '-o', join(folder, 'x')], 'NOT_FOUND', /./],
    ['a graph that is no graph', () => ['job', 'quote', '--graph', digitsFile, '--data', cid], 'GRAPH_INVALID', /./],
    ['a budget below the quote', () => ['job', 'submit', ...training('--budget', '0.5')], 'BUDGET_BELOW_QUOTE', /\d/],
    ['a budget that is no amount', () => ['job', 'submit', ...training('--budget', 'much')], 'INVALID_INPUT', /./],
    ['a job that is not there', () => ['job', 'show', '00000000-0000-5000-8000-000000000000'], 'NOT_FOUND', /./],
    ['logs of a job that is not there', () => ['job', 'logs', '00000000-0000-5000-8000-000000000000'], 'NOT_FOUND', /./],
    ['a state that is none', () => ['job', 'list', '--state', 'sleeping'], 'INVALID_INPUT', /RUNNING/],
  ])('%s is told in one sentence', async (_what, args, code, message) => {
    const { code: exit, out, err } = await cyxwiz([...args(), '--json']);
    expect({ exit, err }).toEqual({ exit: 1, err: '' });
    const { error } = JSON.parse(out) as Printed;
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('locks nothing and makes no job', async () => {
    expect((await json('wallet')).balanceBase).toBe(before);
    expect((await json('job', 'list')).jobs.length).toBe(2);
  });
});

describe('a node of one’s own', () => {
  const dir = (): string => join(folder, 'server-node');
  interface SetUp {
    readonly nodeId: string;
    readonly machineId: string;
    readonly deviceClass: string;
    readonly pricePerHourBase: string;
    readonly configFile: string;
  }
  /** Dearer than the platform's own node, which keeps the prices of all other tests. */
  const setUp = async (): Promise<SetUp> => {
    const { code, out, err } = await cyxwiz(['node', 'setup', '--price', '300.5', '--dir', dir(), '--json']);
    expect(code, err).toBe(0);
    return JSON.parse(out) as SetUp;
  };
  const listed = async (nodeId: string) => (await (await fetch(`${inject('stackEnv')['CYXWIZ_PUBLIC_URL']}/api/nodes/${nodeId}`)).json()) as { state: string; price_per_hour_base: string };

  it('is listed with one stake, however often it is set up, and works until it is told to stop', async () => {
    const before = BigInt((await json('wallet')).balanceBase);
    const made = await setUp();
    expect(made).toMatchObject({ deviceClass: 'cpu', pricePerHourBase: '300500000000', configFile: join(dir(), 'config.json') });
    expect(statSync(made.configFile).mode & 0o777).toBe(0o600);
    expect(await setUp()).toEqual(made);
    expect(before - BigInt((await json('wallet')).balanceBase)).toBe(100_000_000_000n);
    expect(await listed(made.nodeId)).toMatchObject({ price_per_hour_base: '300500000000' });

    const child = spawn(process.execPath, [BIN, 'node', 'start', '--dir', dir()], { env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', HOME: folder, ...inject('stackEnv') }, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const ready = new Promise<string>((done) => child.stdout.once('data', (chunk: Buffer) => done(chunk.toString())));
    expect(JSON.parse(await ready)).toMatchObject({ ready: 'node', nodeId: made.nodeId });
    expect((await listed(made.nodeId)).state).toBe('ACTIVE');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 180_000);

  const about = (...args: string[]): Promise<Record<string, unknown>> => json('node', ...args, '--dir', dir()) as unknown as Promise<Record<string, unknown>>;
  const start = () => {
    const child = spawn(process.execPath, [BIN, 'node', 'start', '--dir', dir()], { env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', HOME: folder, ...inject('stackEnv') }, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    return { ended, ready: new Promise<void>((done) => child.stdout.once('data', () => done())) };
  };

  it('is paused and resumed, tells how it is, and leaves when it is drained', async () => {
    const running = start();
    await running.ready;
    const status = await about('status');
    expect(status).toMatchObject({ state: 'ACTIVE', stakeBase: '100000000000', paused: false, draining: false, jobs: [], slashes: [], pid: expect.any(Number) });
    expect(await about('pause')).toMatchObject({ paused: true });
    expect(await about('status')).toMatchObject({ paused: true });
    const asked = await cyxwiz(['node', 'status', '--dir', dir()]);
    expect(asked.out).toMatch(/ACTIVE[^]*runs here as process \d+[^]*paused: it takes no new job \(cyxwiz node resume\)/);
    expect(await about('resume')).toMatchObject({ paused: false, takesJobs: true });
    expect(await about('earnings')).toMatchObject({ paidJobs: 0, amountBase: '0', days: [] });

    // A second process of the same node would take the first one's work out of its hands.
    expect(await start().ended).toBe(1);
    expect(await about('drain')).toMatchObject({ draining: true, isDrained: true, hasLeft: true });
    expect(await running.ended).toBe(0);
    expect((await about('status'))['pid']).toBeNull();

    const again = start();
    await again.ready;
    expect(await about('status')).toMatchObject({ draining: true });
    expect(await about('resume')).toMatchObject({ draining: false, takesJobs: true });
    expect(await about('drain', '--no-wait')).toMatchObject({ draining: true, isDrained: false });
    expect(await again.ended).toBe(0);
    // Resumed, it is not to leave any more, whatever "drain" asked of it.
    const leave = join(dir(), 'leave-when-drained');
    writeFileSync(leave, '');
    await about('resume');
    expect(existsSync(leave)).toBe(false);

    const logs = await cyxwiz(['node', 'logs', '--dir', dir()]);
    expect(logs).toMatchObject({ code: 0, err: '' });
    expect(logs.out).toMatch(/INFO {2}This node drains[^]*INFO {2}Drained: nothing is left to hand back/);
    for (const line of jsonLines((await cyxwiz(['node', 'logs', '-n', '3', '--dir', dir(), '--json'])).out)) expect(line).toMatchObject({ level: expect.any(Number), msg: expect.any(String) });
  }, 180_000);

  it('has its stake topped up, and taken back only after a word', async () => {
    const nodeId = (await about('status'))['nodeId'] as string;
    const id = `top-up-${NAME}`;
    for (let again = 0; again < 2; again++) expect(await about('top-up', '2.5', '--request-id', id)).toMatchObject({ amountBase: '2500000000', stakeBase: '102500000000' });
    // Its owner need not sit at the machine.
    expect(await json('node', 'status', '--node', nodeId)).toMatchObject({ nodeId, stakeBase: '102500000000' });

    const unasked = await cyxwiz(['node', 'unstake', '--dir', dir()]);
    expect(unasked.code).toBe(1);
    expect(unasked.err).toMatch(/--yes[^]*102\.500 CYXWIZ[^]*7 days[^]*your wallet[^]*--cancel/);
    expect(await about('status')).toMatchObject({ unstaking: false });
    expect(await about('unstake', '--yes')).toMatchObject({ step: 'locked', stakeBase: '102500000000', plan: expect.any(Array) });
    expect(await about('status')).toMatchObject({ unstaking: true });
    expect((await cyxwiz(['node', 'status', '--dir', dir()])).out).toContain('cyxwiz node unstake --cancel');
    expect(await about('unstake', '--cancel')).toMatchObject({ step: 'cancelled' });
    const again = await cyxwiz(['node', 'unstake', '--cancel', '--dir', dir(), '--json']);
    expect({ code: again.code, ...(JSON.parse(again.out) as object) }).toMatchObject({ code: 1, error: { code: 'STATE_CONFLICT', message: expect.stringContaining('not unstaking') } });
  }, 180_000);

  it('that is not there, or not one’s own, is told in JSON where that was asked for', async () => {
    const failure = async (args: string[], env: Record<string, string> = {}) => {
      const { code, out } = await cyxwiz([...args, '--json'], env);
      expect(code).toBe(1);
      return (JSON.parse(out) as Printed).error;
    };
    for (const command of ['status', 'pause', 'resume', 'drain', 'unstake', 'logs', 'earnings', 'start']) {
      expect(await failure(['node', command, '--dir', join(folder, 'none')])).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('cyxwiz node setup') });
    }
    expect(await failure(['node', 'status', '--node', 'mine'])).toMatchObject({ code: 'INVALID_INPUT' });
    // The machine's key moves no tokens, and whoever sits at the machine is not its owner for that.
    const nobody = { CYXWIZ_HOME: join(folder, 'nobody') };
    expect(await failure(['node', 'unstake', '--yes', '--dir', dir()], nobody)).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await failure(['node', 'setup', '--dir', join(folder, 'other')], { CYXWIZ_TOKEN: 'abc' })).toMatchObject({ code: 'UNAUTHENTICATED' });
  }, 120_000);

  it('is not begun without a login, nor for no money', async () => {
    const { code, err } = await cyxwiz(['node', 'setup', '--dir', dir()], { CYXWIZ_HOME: join(folder, 'nobody') });
    expect({ code, err }).toEqual({ code: 1, err: '✗ Log in first: cyxwiz login <name> (or set CYXWIZ_TOKEN)\n' });
    for (const price of ['0', 'much', '-1']) expect((await cyxwiz(['node', 'setup', `--price=${price}`])).code).toBe(2);
  });
});

/** One text for each sample with its label. */
function sampleKeys({ x, y, samples }: Dataset): string[] {
  const size = x.length / samples;
  return Array.from({ length: samples }, (_, index) => `${y[index]} ${Buffer.from(x.slice(index * size, (index + 1) * size).buffer).toString('base64')}`);
}
