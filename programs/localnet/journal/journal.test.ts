import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { segmentPath, type RecordLocation } from './files.ts';
import { Journal } from './journal.ts';

let dataDir: string;
let events: string[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cyxwiz-journal-'));
  events = [];
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function open(dir = dataDir, snapshotEveryBytes = 1 << 30): ReturnType<typeof Journal.open> {
  return Journal.open({
    dataDir: dir,
    log: (event) => events.push(event),
    snapshotEveryBytes,
    onFatal: (error) => {
      throw error;
    },
  });
}

async function write(records: readonly unknown[], dir = dataDir): Promise<void> {
  const { journal } = open(dir);
  for (const record of records) await journal.append(record, () => {});
  await journal.close();
}

async function reread(dir = dataDir): Promise<unknown[]> {
  const { journal, recovered } = open(dir);
  await journal.close();
  return recovered.records.map((item) => item.record);
}

describe('records', () => {
  it('come back in order, whatever was appended at the same time', async () => {
    const { journal } = open();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, (_item, n) =>
        journal.append({ n, bytes: new Uint8Array(n), big: BigInt(n) << 70n }, () => order.push(n)),
      ),
    );
    await journal.close();
    expect(order).toEqual(Array.from({ length: 50 }, (_item, n) => n));
    expect(await reread()).toEqual(order.map((n) => ({ n, bytes: new Uint8Array(n), big: BigInt(n) << 70n })));
  });

  it('are read back one by one from where they lie', async () => {
    const { journal } = open();
    const at: RecordLocation[] = [];
    await Promise.all(['a', 'b', 'c'].map((text) => journal.append(text, (location) => at.push(location))));
    await journal.append('d', (location) => at.push(location));
    expect(at.map((location) => journal.read(location))).toEqual(['a', 'b', 'c', 'd']);
    await journal.close();
  });

  it('are refused once the journal is closed', async () => {
    const { journal } = open();
    await journal.close();
    await expect(journal.append('late', () => {})).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a torn tail', () => {
  it('is cut wherever it was torn, keeps all earlier frames, and the journal goes on', async () => {
    await write(['one', 'two']);
    const path = segmentPath(dataDir, 1);
    const keep = statSync(path).size;
    await write(['three, the frame that is torn']);
    const whole = readFileSync(path);
    for (let size = keep; size < whole.length; size += 1) {
      writeFileSync(path, whole.subarray(0, size));
      expect(await reread()).toEqual(['one', 'two']);
      expect(statSync(path).size).toBe(keep);
    }
    await write(['after']);
    expect(await reread()).toEqual(['one', 'two', 'after']);
  });

  it('may be a payload that never reached the disk, or zeros', async () => {
    await write(['one']);
    const path = segmentPath(dataDir, 1);
    const keep = statSync(path).size;
    await write(['two']);
    const whole = readFileSync(path);
    const unfilled = Buffer.from(whole);
    unfilled.fill(0, keep + 56);
    writeFileSync(path, unfilled);
    expect(await reread()).toEqual(['one']);
    writeFileSync(path, Buffer.concat([whole.subarray(0, keep), Buffer.alloc(5000)]));
    expect(await reread()).toEqual(['one']);
    expect(events.filter((event) => event === 'journal.tornTail')).toHaveLength(2);
  });

  it('may be a segment that was only being made', async () => {
    await write(['one']);
    writeFileSync(segmentPath(dataDir, 2), 'CXL');
    expect(await reread()).toEqual(['one']);
    await write(['two']);
    expect(await reread()).toEqual(['one', 'two']);
  });
});

describe('damage', () => {
  it('of any one byte before the last frame stops the start', async () => {
    await write(['one', 'two', 'three']);
    const path = segmentPath(dataDir, 1);
    const whole = readFileSync(path);
    const { recovered, journal } = open();
    await journal.close();
    const lastFrame = recovered.records[2]!.location.offset;
    fc.assert(
      fc.property(fc.nat({ max: lastFrame - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = Buffer.from(whole);
        bad[at] = bad[at]! ^ flip;
        writeFileSync(path, bad);
        expect(() => open()).toThrow(expect.objectContaining({ code: 'STORAGE_CORRUPT' }));
      }),
    );
  });

  it.each(['a frame left out', 'a segment left out', 'a foreign frame behind the last'])(
    '%s stops the start',
    async (kind) => {
      await write(['one', 'two', 'three']);
      const path = segmentPath(dataDir, 1);
      const whole = readFileSync(path);
      const { recovered, journal } = open();
      await journal.close();
      const [, second, third] = recovered.records.map((item) => item.location.offset);
      if (kind === 'a frame left out')
        writeFileSync(path, Buffer.concat([whole.subarray(0, second), whole.subarray(third)]));
      if (kind === 'a foreign frame behind the last') appendFileSync(path, whole.subarray(second, third));
      if (kind === 'a segment left out') {
        copyFileSync(path, segmentPath(dataDir, 2));
        rmSync(path);
      }
      expect(() => open()).toThrow(expect.objectContaining({ code: 'STORAGE_CORRUPT' }));
    },
  );
});

describe('snapshots', () => {
  async function fill(upTo: number, snapshotEveryBytes = 400): Promise<void> {
    const { journal, recovered } = open(dataDir, snapshotEveryBytes);
    let sum = (recovered.state as number | undefined) ?? 0;
    for (const { record } of recovered.records) sum += record as number;
    journal.snapshotFrom(() => sum);
    for (let n = 0; n < upTo; n += 1) await journal.append(1, () => (sum += 1));
    await journal.close();
  }

  function total(): number {
    const { journal, recovered } = open();
    void journal.close();
    return recovered.records.reduce(
      (sum: number, item) => sum + (item.record as number),
      (recovered.state as number | undefined) ?? 0,
    );
  }

  it('stand for the records before them, and the journal goes on behind', async () => {
    await fill(30);
    await fill(31);
    expect(events).toContain('journal.snapshot');
    expect(existsSync(join(dataDir, 'snapshot.bin'))).toBe(true);
    expect(total()).toBe(61);
  });

  it('leave earlier records readable', async () => {
    const { journal } = open(dataDir, 300);
    journal.snapshotFrom(() => 0);
    const at: RecordLocation[] = [];
    for (let n = 0; n < 20; n += 1) await journal.append(n, (location) => at.push(location));
    expect(new Set(at.map((location) => location.segment)).size).toBeGreaterThan(2);
    expect(at.map((location) => journal.read(location))).toEqual(at.map((_location, n) => n));
    await journal.close();
  });

  it('that were interrupted before their rename change nothing', async () => {
    await fill(10, 1 << 30);
    writeFileSync(join(dataDir, 'snapshot.bin.tmp'), 'half');
    writeFileSync(segmentPath(dataDir, 2), readFileSync(segmentPath(dataDir, 1)).subarray(0, 8));
    expect(total()).toBe(10);
    await fill(5);
    expect(total()).toBe(15);
  });

  it('that are damaged stop the start; without them the segments are enough', async () => {
    await fill(30);
    const path = join(dataDir, 'snapshot.bin');
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'STORAGE_CORRUPT' }));
    rmSync(path);
    expect(total()).toBe(30);
  });

  it('without the segment that continues them stop the start', async () => {
    await fill(30);
    const last = readdirSync(dataDir)
      .filter((name) => name.startsWith('journal-'))
      .sort()
      .at(-1)!;
    rmSync(join(dataDir, last));
    expect(() => open()).toThrow(expect.objectContaining({ code: 'STORAGE_CORRUPT' }));
  });

  it('cut in a middle segment are damage, not a torn tail', async () => {
    await fill(30);
    rmSync(join(dataDir, 'snapshot.bin'));
    const path = segmentPath(dataDir, 1);
    truncateSync(path, statSync(path).size - 3);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'STORAGE_CORRUPT' }));
  });
});
