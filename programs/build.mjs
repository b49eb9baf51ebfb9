#!/usr/bin/env node
/**
 * Builds the three programs from source.
 *
 *   node programs/build.mjs              toolchain under .cyxwiz/sbf, build, write programs/bin/
 *   node programs/build.mjs --check      rebuild and compare with programs/bin/ (what CI runs)
 *   node programs/build.mjs --out DIR    build for a deployment of your own: takes CYXWIZ_DEPLOYER and
 *                                        CYXWIZ_*_ID from the environment and leaves programs/bin/ alone
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureToolchain } from './build-tools/toolchain.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const HOME = resolve(ROOT, '.cyxwiz');
const BIN = join(HERE, 'bin');
const REBUILT = join(HOME, 'programs-rebuilt');
const NAMES = ['job_escrow', 'node_registry', 'dataset_registry'];
const TARGET = 'bpfel-unknown-none';

main(process.argv.slice(2));

function main(args) {
  const outAt = args.indexOf('--out');
  const check = args.includes('--check');
  const custom = outAt !== -1;
  if (custom && !args[outAt + 1]) fail('--out needs a folder');
  const toolchain = ensureToolchain(join(HOME, 'sbf'));
  const out = custom ? resolve(args[outAt + 1]) : check ? REBUILT : BIN;
  compile(toolchain, { forLocalnet: !custom });
  const hashes = collect(out, toolchain.versions);
  if (check) process.exit(compare(hashes));
  console.log(`Programs written to ${out}`);
}

/** The committed files are the localnet's: settings for another deployment in the environment must not leak in. */
function compile(toolchain, { forLocalnet }) {
  const env = { ...toolchain.env, CARGO_TARGET_DIR: join(HOME, 'sbf-target'), CARGO_TERM_COLOR: 'never' };
  if (forLocalnet) for (const key of Object.keys(env)) if (/^CYXWIZ_(DEPLOYER|\w+_ID)$/.test(key)) delete env[key];
  console.log(`Building with ${toolchain.versions.rustc}`);
  const done = spawnSync('cargo', ['build', '--release', '--locked', '--target', TARGET], { cwd: HERE, env, stdio: 'inherit' });
  if (done.status !== 0) fail('the build failed');
}

function collect(out, versions) {
  mkdirSync(out, { recursive: true });
  const programs = {};
  for (const name of NAMES) {
    const file = join(out, `${name}.so`);
    copyFileSync(join(HOME, 'sbf-target', TARGET, 'release', `lib${name}.so`), file);
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    programs[name] = { sha256, sizeBytes: statSync(file).size };
    console.log(`${sha256}  ${name}.so  ${programs[name].sizeBytes} bytes`);
  }
  const hashes = { toolchain: versions, programs };
  writeFileSync(join(out, 'hashes.json'), `${JSON.stringify(hashes, null, 2)}\n`);
  return hashes;
}

/** Returns the exit code. */
function compare(rebuilt) {
  const committed = JSON.parse(readFileSync(join(BIN, 'hashes.json'), 'utf8'));
  for (const name of NAMES) {
    const actual = createHash('sha256').update(readFileSync(join(BIN, `${name}.so`))).digest('hex');
    if (actual !== committed.programs[name]?.sha256) fail(`programs/bin/${name}.so is not the file that hashes.json names`);
  }
  const changed = NAMES.filter((name) => committed.programs[name].sha256 !== rebuilt.programs[name].sha256);
  if (changed.length === 0) {
    console.log('The rebuilt programs are byte for byte the committed ones.');
    return 0;
  }
  const keys = Object.keys(committed.toolchain).filter((key) => committed.toolchain[key] !== rebuilt.toolchain[key]);
  console.log(`Different from the committed files: ${changed.join(', ')}`);
  if (keys.length === 0) {
    console.error('The toolchain is the same, so source and committed files do not belong together: run npm run programs:build.');
    return 1;
  }
  for (const key of keys) console.log(`  ${key}: committed with ${committed.toolchain[key]}, rebuilt with ${rebuilt.toolchain[key]}`);
  console.log(`Another toolchain may give other bytes. Testing the rebuilt programs in ${REBUILT}:`);
  const env = { ...process.env, CYXWIZ_PROGRAMS_DIR: REBUILT };
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const tests = spawnSync(process.execPath, [vitest, 'run', '--project', 'unit', 'programs/tests'], { cwd: ROOT, env, stdio: 'inherit' });
  return tests.status ?? 1;
}

function fail(message) {
  console.error(`programs:build: ${message}`);
  process.exit(1);
}
