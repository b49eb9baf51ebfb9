import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawHashOf, drawSeed, drawSegments, lotOf, type Segment } from './draw.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const filled = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** For root, block and secret of 32 times 1, 2 and 3. */
const GOLDEN = {
  seed: 'a71ce15fb3be56c4966c753d01809f03833f0c46af0dc6f228fadb508d5cf708',
  lots: [0.9884937484210877, 0.6489760451496669, 0.43168370757608343],
  drawn: [200],
};
const segments = (count: number): Segment[] => Array.from({ length: count }, (_, index) => ({ fromStep: index * 10, toStep: index * 10 + 10, attempt: 1 }));
const hashed = (...parts: (string | number)[]): Uint8Array => new Uint8Array(createHash('sha256').update(parts.join('/')).digest());

describe('the draw', () => {
  it('has the bytes that are written down', async () => {
    const [root, blockhash, secret] = [filled(1), filled(2), filled(3)];
    const drawHash = await drawHashOf(secret);
    expect(hex(drawHash)).toBe('648aa5c579fb30f38af744d97d6ec840c7a91277a499a0d780f3e7314eca090b');
    const seed = await drawSeed({ root, blockhash, secret, drawHash });
    const expected = createHash('sha256').update('cyxwiz/verification-draw/v1').update(root).update(blockhash).update(secret).digest();
    expect(hex(seed)).toBe(hex(expected));
    expect(hex(seed)).toBe(GOLDEN.seed);
    expect(await Promise.all([10, 20, 1_000_000].map((step) => lotOf(seed, step)))).toEqual(GOLDEN.lots);
    expect((await drawSegments(seed, segments(20), { 1: 0.25 })).map(({ toStep }) => toStep)).toEqual(GOLDEN.drawn);
  });

  it('refuses a secret that is not the committed one', async () => {
    await fc.assert(
      fc.asyncProperty(bytes32, bytes32, async (secret, other) => {
        fc.pre(hex(secret) !== hex(other));
        const drawing = drawSeed({ root: filled(1), blockhash: filled(2), secret: other, drawHash: await drawHashOf(secret) });
        await expect(drawing).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
      }),
    );
  });

  it('changes with each of root, block and secret', async () => {
    await fc.assert(
      fc.asyncProperty(bytes32, bytes32, bytes32, fc.nat(31), fc.constantFrom('root', 'blockhash', 'secret'), async (root, blockhash, secret, at, part) => {
        const whole = { root, blockhash, secret };
        const other = { ...whole, [part]: whole[part].map((byte: number, index: number) => (index === at ? byte ^ 1 : byte)) };
        const seeds = await Promise.all([whole, other].map(async (input) => drawSeed({ ...input, drawHash: await drawHashOf(input.secret) })));
        expect(hex(seeds[0]!)).not.toBe(hex(seeds[1]!));
      }),
    );
  });

  it('takes all at rate 1, none at rate 0, and all of an attempt that has no rate', async () => {
    const all = segments(64);
    expect(await drawSegments(filled(9), all, { 1: 1 })).toEqual(all);
    expect(await drawSegments(filled(9), all, { 1: 0 })).toEqual([]);
    expect(await drawSegments(filled(9), all, {})).toEqual(all);
  });

  it('goes by the rate of who made each segment', async () => {
    const mixed = segments(64).map((segment, index) => ({ ...segment, attempt: index < 32 ? 1 : 2 }));
    const drawn = await drawSegments(filled(9), mixed, { 1: 0, 2: 1 });
    expect(drawn).toEqual(mixed.slice(32));
  });
});

describe('who might want to steer it', () => {
  const RATE = 0.2;
  const COUNT = 40;
  const TRIES = 300;
  /** Share of the segments that are drawn, over many draws. */
  async function share(draws: readonly { root: Uint8Array; blockhash: Uint8Array; secret: Uint8Array }[]): Promise<number> {
    const drawn = await Promise.all(
      draws.map(async (input) => (await drawSegments(await drawSeed({ ...input, drawHash: await drawHashOf(input.secret) }), segments(COUNT), { 1: RATE })).length),
    );
    return drawn.reduce((sum, count) => sum + count, 0) / (draws.length * COUNT);
  }
  const drawnBy = async (root: Uint8Array, blockhash: Uint8Array, secret: Uint8Array): Promise<number> =>
    (await drawSegments(await drawSeed({ root, blockhash, secret, drawHash: await drawHashOf(secret) }), segments(COUNT), { 1: RATE })).length;

  it('the node chooses among roots, but knows neither block nor secret: its choice means nothing', async () => {
    const draws = await Promise.all(
      Array.from({ length: TRIES }, async (_, run) => {
        // It takes, of ten results, the one that would be looked at least under its best guess of both.
        const roots = Array.from({ length: 10 }, (_unused, index) => hashed('root', run, index));
        const guessed = await Promise.all(roots.map((root) => drawnBy(root, hashed('guessed block', run), hashed('guessed secret', run))));
        expect(Math.min(...guessed)).toBeLessThan(RATE * COUNT);
        const root = roots[guessed.indexOf(Math.min(...guessed))]!;
        return { root, blockhash: hashed('block', run), secret: hashed('secret', run) };
      }),
    );
    expect(Math.abs((await share(draws)) - RATE)).toBeLessThan(0.02);
  });

  it('the platform chooses among secrets, but before root and block are known: its choice means nothing', async () => {
    const draws = await Promise.all(
      Array.from({ length: TRIES }, async (_, run) => {
        const secrets = Array.from({ length: 10 }, (_unused, index) => hashed('secret', run, index));
        const guessed = await Promise.all(secrets.map((secret) => drawnBy(hashed('guessed root', run), hashed('guessed block', run), secret)));
        const secret = secrets[guessed.indexOf(Math.max(...guessed))]!;
        return { root: hashed('root', run), blockhash: hashed('block', run), secret };
      }),
    );
    expect(Math.abs((await share(draws)) - RATE)).toBeLessThan(0.02);
  });
});
