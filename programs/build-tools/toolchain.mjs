/**
 * A private SBF toolchain: Debian's Rust with prebuilt core for BPF, and crates.io's sbpf-linker. Nothing is installed
 * outside the prefix. Every step leaves a mark, so an interrupted set-up goes on where it stopped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LINKER_VERSION = '0.2.6';
const COMPILER = ['rustc-web', 'libstd-rust-web-1.96', 'libstd-rust-web-dev', 'libstd-rust-web-dev-bpf', 'libllvm22'];
/** What libllvm22 links against; taken along only where the system lacks it. */
const LIBRARIES = ['libedit2', 'libz3-4', 'libxml2', 'libzstd1', 'libffi8'];
const ARCH_DIR = 'x86_64-linux-gnu';

/** @returns {{ env: Record<string, string | undefined>, versions: Record<string, string> }} */
export function ensureToolchain(prefix) {
  if (process.platform !== 'linux' || process.arch !== 'x64') fail('building the programs needs Linux on x86-64');
  for (const tool of ['cargo', 'apt-get', 'dpkg']) {
    if (spawnSync(tool, ['--version']).status !== 0) fail(`${tool} is missing; building the programs needs Debian 12 and a Rust with cargo`);
  }
  mkdirSync(prefix, { recursive: true });
  step(prefix, 'compiler', () => installCompiler(prefix));
  const env = toolchainEnv(prefix);
  step(prefix, `linker-${LINKER_VERSION}`, () => installLinker(prefix));
  return { env, versions: versions(prefix, env) };
}

function toolchainEnv(prefix) {
  const libs = join(prefix, 'root/usr/lib', ARCH_DIR);
  return {
    ...process.env,
    LD_LIBRARY_PATH: [libs, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    RUSTC: join(prefix, 'root/usr/bin/rustc'),
    PATH: `${join(prefix, 'bin')}:${process.env.PATH}`,
    RUSTUP_TOOLCHAIN: undefined,
  };
}

function installCompiler(prefix) {
  const debs = join(prefix, 'debs');
  const root = join(prefix, 'root');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(debs, { recursive: true });
  mkdirSync(root, { recursive: true });
  const missing = LIBRARIES.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0);
  download(prefix, debs, [...COMPILER, ...missing]);
  const files = readdirSync(debs).filter((file) => file.endsWith('.deb')).sort();
  for (const file of files) run('dpkg', ['-x', join(debs, file), root]);
  const packages = files.map((file) => run('dpkg-deb', ['-W', '--showformat=${Package} ${Version}', join(debs, file)]).trim());
  writeFileSync(join(prefix, 'packages.json'), JSON.stringify(packages));
  for (const unused of ['usr/share', 'usr/lib/rustlib/bpfeb-unknown-none']) rmSync(join(root, unused), { recursive: true, force: true });
  rmSync(debs, { recursive: true, force: true });
}

/** Without usable package lists (a fresh machine, no root) it makes private ones under the prefix. */
function download(prefix, debs, names) {
  const plain = spawnSync('apt-get', ['download', ...names], { cwd: debs, stdio: 'inherit' });
  if (plain.status === 0) return;
  const state = join(prefix, 'apt');
  for (const dir of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, dir), { recursive: true });
  const options = ['-o', `Dir::State::lists=${join(state, 'lists')}`, '-o', `Dir::Cache=${join(state, 'cache')}`];
  run('apt-get', [...options, 'update'], { stdio: 'inherit' });
  run('apt-get', [...options, 'download', ...names], { cwd: debs, stdio: 'inherit' });
  rmSync(state, { recursive: true, force: true });
}

function installLinker(prefix) {
  const libs = join(prefix, 'root/usr/lib', ARCH_DIR);
  const llvm = join(prefix, 'llvm');
  rmSync(llvm, { recursive: true, force: true });
  mkdirSync(join(llvm, 'lib'), { recursive: true });
  const shared = readdirSync(libs).find((file) => file.startsWith('libLLVM.so.22'));
  if (!shared) fail('libLLVM is not in the compiler packages');
  symlinkSync(join(libs, shared), join(llvm, 'lib/libLLVM.so'));
  const env = { ...process.env, LLVM_PREFIX: llvm, LIBRARY_PATH: join(llvm, 'lib'), LD_LIBRARY_PATH: libs };
  const target = join(prefix, 'target');
  const args = ['install', 'sbpf-linker', '--version', LINKER_VERSION, '--locked', '--force', '--no-default-features'];
  run('cargo', [...args, '--features', 'bpf-linker/llvm-22', '--root', prefix, '--target-dir', target], { env, stdio: 'inherit' });
  rmSync(target, { recursive: true, force: true });
}

function versions(prefix, env) {
  const packages = JSON.parse(readFileSync(join(prefix, 'packages.json'), 'utf8'));
  const version = (name) => packages.find((entry) => entry.startsWith(`${name} `))?.split(' ')[1] ?? 'unknown';
  return {
    rustc: run(env.RUSTC, ['-V'], { env }).trim(),
    rustcPackage: version('rustc-web'),
    llvmPackage: version('libllvm22'),
    sbpfLinker: run(join(prefix, 'bin/sbpf-linker'), ['--version'], { env }).split('\n')[0].trim(),
  };
}

function step(prefix, name, work) {
  const mark = join(prefix, `.done-${name}`);
  if (existsSync(mark)) return;
  console.log(`Toolchain: ${name} …`);
  const started = Date.now();
  work();
  writeFileSync(mark, new Date().toISOString());
  console.log(`Toolchain: ${name} ready in ${Math.round((Date.now() - started) / 1000)} s`);
}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (done.status !== 0) fail(`${command} ${args[0]} failed${done.stderr ? `: ${done.stderr.trim()}` : ''}`);
  return done.stdout ?? '';
}

function fail(message) {
  console.error(`programs:build: ${message}`);
  process.exit(1);
}
