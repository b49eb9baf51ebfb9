import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageUpdate, type Update } from './update.ts';
import { removeOldVersions } from './versions.ts';

let dir: string;
let app: string;
let server: Server;
/** What the site serves below /downloads. */
let served: Map<string, Buffer>;
let site: string;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'update-'));
  app = join(dir, 'app');
  served = new Map();
  server = createServer((request, response) => {
    const body = served.get(basename(request.url ?? ''));
    response.writeHead(body === undefined ? 404 : 200).end(body);
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A real package by `npm pack`, small: a command that says which version it is, or one that does not start. */
function publish(version: string, bin = `console.log('${version}')`, sha256?: string, files: Readonly<Record<string, string>> = {}): void {
  const source = mkdtempSync(join(dir, 'source-'));
  mkdirSync(join(source, 'cli'));
  writeFileSync(join(source, 'package.json'), JSON.stringify({ name: 'cyxwiz', version, bin: { cyxwiz: './cli/bin.mjs' } }));
  writeFileSync(join(source, 'cli', 'bin.mjs'), `#!/usr/bin/env node\n${bin}\n`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), text);
  }
  execFileSync('npm', ['pack', '--silent', '--pack-destination', source], { cwd: source, stdio: 'ignore' });
  const file = `cyxwiz-${version}.tgz`;
  const bytes = readFileSync(join(source, file));
  served.set(file, bytes);
  const release = { file, version, sizeBytes: bytes.length, sha256: sha256 ?? createHash('sha256').update(bytes).digest('hex'), madeAt: new Date().toISOString() };
  served.set('downloads.json', Buffer.from(JSON.stringify([release])));
}

const update = (): Promise<Update> => stageUpdate({ site, app, note: () => undefined });
/** By a process of its own. */
async function updateElsewhere(): Promise<Update> {
  const script = `import { stageUpdate } from ${JSON.stringify(join(import.meta.dirname, 'update.ts'))};
    process.stdout.write(JSON.stringify(await stageUpdate(${JSON.stringify({ site, app })})));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script.replace(`,"app"`, `,note:()=>undefined,"app"`)]);
  return JSON.parse(stdout) as Update;
}
const current = (): string => execFileSync(process.execPath, [join(app, 'current/lib/node_modules/cyxwiz/cli/bin.mjs')], { encoding: 'utf8' }).trim();

describe('an update', () => {
  it('stands beside the version before it, which stays whole for whatever runs from there', async () => {
    publish('1.0.0');
    expect(await update()).toMatchObject({ isNew: true });
    expect(current()).toBe('1.0.0');
    const running = realpathSync(join(app, 'current'));
    publish('1.1.0');
    expect(await update()).toMatchObject({ isNew: true });
    expect(current()).toBe('1.1.0');
    expect(execFileSync(process.execPath, [join(running, 'lib/node_modules/cyxwiz/cli/bin.mjs')], { encoding: 'utf8' }).trim()).toBe('1.0.0');
    // Asked again, there is nothing to do.
    expect(await update()).toMatchObject({ isNew: false });
    expect(readdirSync(join(app, 'versions'))).toHaveLength(2);
  });

  it.each([
    ['is not the one whose checksum is named', () => publish('1.1.0', undefined, 'a'.repeat(64)), 'STORAGE_CORRUPT'],
    ['does not start', () => publish('1.1.0', 'process.exit(1)'), 'UNAVAILABLE'],
    ['is not there', () => (publish('1.1.0'), served.delete('cyxwiz-1.1.0.tgz')), 'UNAVAILABLE'],
  ] as const)('changes nothing where the package %s', async (_what, publishBad, code) => {
    publish('1.0.0');
    await update();
    publishBad();
    await expect(update()).rejects.toMatchObject({ code });
    expect(current()).toBe('1.0.0');
    expect(readdirSync(join(app, 'versions'))).toHaveLength(1);
  });

  it('changes nothing where what a node loads does not load', async () => {
    publish('1.0.0');
    await update();
    publish('1.1.0', undefined, undefined, { 'cli/loads.mjs': "throw new Error('no bridge');" });
    await expect(update()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/no bridge/) });
    expect(current()).toBe('1.0.0');
    expect(readdirSync(join(app, 'versions'))).toHaveLength(1);
    publish('1.1.0', undefined, undefined, { 'cli/loads.mjs': '' });
    await update();
    expect(current()).toBe('1.1.0');
  });

  it('is done once by two at the same time', async () => {
    publish('1.0.0');
    const [one, two] = await Promise.all([update(), updateElsewhere()]);
    expect([one.folder, two.folder]).toEqual([one.folder, one.folder]);
    expect([current(), readdirSync(join(app, 'versions'))]).toEqual(['1.0.0', [one.version]]);
  });

  it('removes what is older than the one before, unless something runs from there', async () => {
    const folders: string[] = [];
    for (const version of ['1.0.0', '1.1.0']) {
      publish(version, "if (process.argv.includes('wait')) process.stdin.resume(); else console.log('up')");
      folders.push((await update()).folder);
    }
    const running = spawn(process.execPath, [join(folders[0]!, 'lib/node_modules/cyxwiz/cli/bin.mjs'), 'wait'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(running, 'spawn');
    for (const folder of folders) utimesSync(folder, 0, 0);
    const left = async (version: string): Promise<boolean[]> => {
      publish(version);
      folders.push((await update()).folder);
      return folders.map((folder) => existsSync(folder));
    };
    expect(await left('1.2.0')).toEqual([true, true, true]);
    running.kill();
    await once(running, 'close');
    expect(await left('1.3.0')).toEqual([false, false, true, true]);
  });

  it('removes what an update left that was killed, and nothing of one that goes on', async () => {
    publish('1.0.0');
    const { version } = await update();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const left = [`.1.1.0-abc.${dead}`, `.1.1.0-abc.${process.pid}`];
    for (const name of left) mkdirSync(join(app, 'versions', name));
    await removeOldVersions(app, new Set([version]));
    expect(readdirSync(join(app, 'versions')).sort()).toEqual([left[1], version]);
  });

  it('begins again where one was interrupted', async () => {
    publish('1.0.0');
    const { folder } = await update();
    rmSync(join(folder, '.complete'));
    rmSync(join(folder, 'lib'), { recursive: true });
    await update();
    expect([current(), existsSync(join(folder, '.complete'))]).toEqual(['1.0.0', true]);
  });

  it('refuses names that would lead out of the folder', async () => {
    publish('1.0.0');
    const [release] = JSON.parse(served.get('downloads.json')!.toString()) as object[];
    served.set('downloads.json', Buffer.from(JSON.stringify([{ ...release, version: '../../etc' }])));
    await expect(update()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(existsSync(app)).toBe(false);
  });
});
