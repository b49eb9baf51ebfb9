import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What `chromium.launch` of playwright-core takes. */
export interface TestBrowser {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/** No GPU, no sandbox (it runs as root in CI), and nothing that calls home. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** The packaged fonts, wherever they are unpacked, and the machine's own where it has any. */
const FONTS_CONFIG = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">.</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

/** The browser for tests: it comes packed inside a package and is unpacked once, beside the other tools. */
export async function testBrowser(): Promise<TestBrowser> {
  const packed = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', '..', 'bin');
  const folder = await unpackOnce(packed, join(ROOT, '.cyxwiz', 'browser'));
  const executablePath = join(folder, 'chromium');
  return { executablePath, args: FLAGS, env: browserEnv(folder, executablePath) };
}

async function unpackOnce(packed: string, folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const half = await mkdtemp(`${folder}-half-`);
  const program = join(half, 'chromium');
  await pipeline(createReadStream(join(packed, 'chromium.br')), createBrotliDecompress(), createWriteStream(program));
  await chmod(program, 0o755);
  for (const name of ['fonts', 'swiftshader', 'al2023']) await unpackArchive(join(packed, `${name}.tar.br`), half);
  await writeFile(join(half, 'fonts', 'fonts.conf'), FONTS_CONFIG);
  try {
    await rename(half, folder);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    // Another process was faster; its copy is as good.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function unpackArchive(archive: string, folder: string): Promise<void> {
  const tar = `${folder}/archive.tar`;
  await pipeline(createReadStream(archive), createBrotliDecompress(), createWriteStream(tar));
  const result = spawnSync('tar', ['-xf', tar, '-C', folder], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`Could not unpack ${archive}: ${result.stderr || String(result.error)}`);
  await rm(tar);
}

/** The package brings the libraries that a bare machine lacks; they are used only where the machine has none. */
function browserEnv(folder: string, executablePath: string): Record<string, string> {
  const base = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? folder, FONTCONFIG_PATH: join(folder, 'fonts') };
  const missing = spawnSync('ldd', [executablePath], { encoding: 'utf8' }).stdout?.includes('not found') ?? false;
  return missing ? { ...base, LD_LIBRARY_PATH: join(folder, 'lib') } : base;
}
