import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { parseInput } from '#core/errors/from-zod';
import { appFolderOf } from '#core/node/installation';
import { COMPLETE, currentVersion, finish, removeOldVersions, switchTo, unfinished, versionsIn } from './versions.ts';

const run = promisify(execFile);

const MAX_PACKAGE_BYTES = 256 * 1024 ** 2;
const OUTPUT_BYTES = 1 << 26;

const releaseSchema = z.object({
  file: z.string().regex(/^[\w.-]{1,100}\.tgz$/),
  version: z.string().regex(/^[\w.+-]{1,60}$/),
  sizeBytes: z.int().min(1).max(MAX_PACKAGE_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
type Release = z.output<typeof releaseSchema>;

export interface UpdateOptions {
  /** The site whose package is installed. */
  readonly site: string;
  /** Where versions lie side by side, and `current` points at the one to start next. */
  readonly app: string;
  readonly note: (line: string) => void;
}

export interface Update {
  readonly version: string;
  readonly folder: string;
  /** `false`: it was in place already. */
  readonly isNew: boolean;
}

/**
 * Puts the site's newest package beside the versions that are there, never over one, and switches `current` to it in one
 * step. Whatever runs keeps its own files; a node that runs from here leaves for the new one when it has nothing in hand.
 * @throws CyxError STORAGE_CORRUPT for a package that is not the one its checksum names; UNAVAILABLE
 */
export async function stageUpdate({ site, app, note }: UpdateOptions): Promise<Update> {
  const release = await newest(site);
  const name = `${release.version}-${release.sha256.slice(0, 8)}`;
  const folder = join(versionsIn(app), name);
  const isThere = existsSync(join(folder, COMPLETE));
  const before = await currentVersion(app);
  if (isThere && before === name) return { version: name, folder, isNew: false };
  if (!isThere) {
    const ours = unfinished(app, name);
    await install({ site, release, folder: ours, note });
    await finish(app, ours, name);
  }
  await switchTo(app, name);
  const own = appFolderOf(import.meta.filename)?.version;
  await removeOldVersions(app, new Set([name, before, own].filter((kept) => kept !== undefined)));
  return { version: name, folder, isNew: true };
}

async function newest(site: string): Promise<Release> {
  const answer = await fetch(`${site}/downloads/downloads.json`).catch((cause: unknown) => {
    throw new CyxError('UNAVAILABLE', `${site} does not answer. Try again later.`, { cause });
  });
  if (!answer.ok) throw new CyxError('UNAVAILABLE', `${site} offers nothing to download (${answer.status}).`);
  const [release] = parseInput(z.array(releaseSchema), await answer.json(), 'UNAVAILABLE');
  if (release === undefined) throw new CyxError('UNAVAILABLE', `${site} offers nothing to download.`);
  return release;
}

async function install({ site, release, folder, note }: { site: string; release: Release; folder: string; note: (line: string) => void }): Promise<void> {
  // Of a process that had the same number.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  try {
    const tarball = join(folder, release.file);
    note(`Fetching ${release.file}`);
    await download(`${site}/downloads/${release.file}`, tarball, release);
    note('Installing it');
    await command('npm', ['install', '--global', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', tarball]);
    const root = join(folder, 'lib', 'node_modules', 'cyxwiz');
    const trainer = join(root, 'scripts', 'setup', 'tensorflow.mjs');
    if (existsSync(trainer)) {
      note('Building the trainer’s native half');
      await command(process.execPath, [trainer, 'python3']);
    }
    // It starts at all, with everything that it needs.
    await command(process.execPath, [join(root, 'cli', 'bin.mjs'), '--help']);
    const loads = join(root, 'cli', 'loads.mjs');
    if (existsSync(loads)) {
      note('Loading what a node loads');
      await command(process.execPath, [loads]);
    }
    await rm(tarball);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function download(url: string, path: string, { sizeBytes, sha256 }: Release): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok || answer.body === null) throw new CyxError('UNAVAILABLE', `The package could not be fetched (${answer.status}).`);
  const hash = createHash('sha256');
  let seenBytes = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      seenBytes += chunk.length;
      done(seenBytes > sizeBytes ? new CyxError('STORAGE_CORRUPT', 'The package is larger than the site says. Nothing was changed.') : null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(answer.body as NodeReadableStream<Uint8Array>), checked, createWriteStream(path));
  if (hash.digest('hex') !== sha256) throw new CyxError('STORAGE_CORRUPT', 'The package is not the one whose checksum the site names. Nothing was changed.');
}

async function command(name: string, args: readonly string[]): Promise<void> {
  try {
    await run(name, [...args], { maxBuffer: OUTPUT_BYTES });
  } catch (cause) {
    const { stderr } = cause as { readonly stderr?: string };
    throw new CyxError('UNAVAILABLE', `The new version could not be installed, so nothing was changed: ${(stderr ?? String(cause)).trim().slice(-500)}`, { cause });
  }
}
