/**
 * Gives @tensorflow/tfjs-node its native half. The package would download libtensorflow when it installs; this
 * step takes the same library and its headers from the Python wheel instead and compiles the binding with one
 * compiler call. On a machine with an NVIDIA GPU it builds the CUDA flavour with the wheel's own CUDA libraries.
 *
 * Plain Node without dependencies. Each stage leaves a finished file behind, so an interrupted run resumes and a
 * finished one is recognised by its stamp in milliseconds.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:process';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const TENSORFLOW_VERSION = '2.15.1';
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const HEADERS = ['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/platform/ctstring', 'tsl/c/', 'xla/tsl/c/'];
/** Raise it when this step changes what it builds. */
const RECIPE = 1;

const WHEEL_PLATFORMS = { x64: 'manylinux_2_17_x86_64', arm64: 'manylinux_2_17_aarch64' };

/** Unpacks the wanted entries of a wheel, each by rename, so that a half-written file is never taken for whole. */
const UNPACK = `
import os, sys, zipfile, shutil
wheel, target, libraries, headers = sys.argv[1], sys.argv[2], sys.argv[3].split(','), tuple(sys.argv[4].split(','))
include = 'tensorflow/include/'
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith('tensorflow/lib') and os.path.basename(name) in libraries:
            out = os.path.join(target, 'lib', os.path.basename(name))
        elif name.startswith(include) and name[len(include):].startswith(headers) and name.endswith('.h'):
            out = os.path.join(target, 'include', name[len(include):])
        else:
            continue
        os.makedirs(os.path.dirname(out), exist_ok=True)
        with archive.open(name) as source, open(out + '.part', 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        os.replace(out + '.part', out)
`;

/** True where the driver answers and lists a GPU. */
async function hasNvidiaGpu() {
  try {
    const { stdout } = await run('nvidia-smi', ['-L'], { timeout: 10_000 });
    return /^GPU \d+:/m.test(stdout);
  } catch {
    return false;
  }
}

/** The binding package for this machine: the GPU one where there is a GPU and the package is installed. */
async function choosePackage(root, log) {
  const cpu = join(root, 'node_modules/@tensorflow/tfjs-node');
  const gpu = join(root, 'node_modules/@tensorflow/tfjs-node-gpu');
  if (!(await hasNvidiaGpu())) return { name: '@tensorflow/tfjs-node', directory: cpu, wheel: 'tensorflow-cpu', cuda: false };
  if (!existsSync(gpu)) await installGpuPackage(root, log);
  return { name: '@tensorflow/tfjs-node-gpu', directory: gpu, wheel: 'tensorflow', cuda: true };
}

async function installGpuPackage(root, log) {
  const version = JSON.parse(readFileSync(join(root, 'node_modules/@tensorflow/tfjs-node/package.json'), 'utf8')).version;
  log(`TensorFlow: an NVIDIA GPU is here, adding @tensorflow/tfjs-node-gpu ${version}`);
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `@tensorflow/tfjs-node-gpu@${version}`];
  await run('npm', args, { cwd: root, maxBuffer: 1 << 26 });
}

function napiDirectory(pkg) {
  const { binary } = JSON.parse(readFileSync(join(pkg.directory, 'package.json'), 'utf8'));
  const supported = Number(process.versions.napi);
  const level = Math.max(...binary.napi_versions.filter((version) => version <= supported));
  return { directory: join(pkg.directory, 'lib', `napi-v${level}`), level };
}

async function pip(python, args) {
  try {
    await run(python, ['-m', 'pip', ...args, '--quiet', '--disable-pip-version-check'], { maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error(`TensorFlow: "pip ${args[0]}" failed: ${String(error.stderr || error.message).trim()}`, { cause: error });
  }
}

/** The wheel's file name says how far its download came: pip renames it into place when it is whole. */
async function downloadWheel({ python, cache, wheel }) {
  await mkdir(cache, { recursive: true });
  const prefix = `${wheel.replace('-', '_')}-${TENSORFLOW_VERSION}-`;
  const find = async () => (await readdir(cache)).find((name) => name.startsWith(prefix) && name.endsWith('.whl'));
  if ((await find()) === undefined) {
    const target = ['--python-version', '3.11', '--platform', WHEEL_PLATFORMS[arch]];
    await pip(python, ['download', '--no-deps', '--only-binary=:all:', ...target, '-d', cache, `${wheel}==${TENSORFLOW_VERSION}`]);
  }
  const name = await find();
  if (name === undefined) throw new Error(`TensorFlow: pip brought no ${wheel} ${TENSORFLOW_VERSION} wheel`);
  return join(cache, name);
}

/** The CUDA libraries that the GPU wheel names as its "and-cuda" extra, side by side in one folder. */
async function installCuda({ python, cache, wheel, libraryDirectory }) {
  const target = join(cache, 'cuda');
  await pip(python, ['install', '--target', target, '--upgrade', '--only-binary=:all:', `${wheel}[and-cuda]==${TENSORFLOW_VERSION}`]);
  const nvidia = join(target, 'nvidia');
  for (const part of await readdir(nvidia)) {
    const directory = join(nvidia, part, 'lib');
    if (!existsSync(directory)) continue;
    for (const file of await readdir(directory)) {
      if (!file.includes('.so')) continue;
      const link = join(libraryDirectory, file);
      await rm(link, { force: true });
      await symlink(relative(libraryDirectory, join(directory, file)), link);
    }
  }
}

async function compile({ root, pkg, napi }) {
  const compiler = process.env.CXX || 'g++';
  const headers = join(root, 'node_modules/node-api-headers/include');
  const output = join(napi.directory, 'tfjs_binding.node');
  await mkdir(napi.directory, { recursive: true });
  const defines = [`-DNAPI_VERSION=${napi.level}`, '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'];
  const includes = [dirname(pkg.directory), pkg.directory, join(pkg.directory, 'deps/include'), headers].map((path) => `-I${path}`);
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(pkg.directory, 'binding', name));
  const libraries = [`-L${join(pkg.directory, 'deps/lib')}`, ...LIBRARIES.map((name) => `-l:${name}`), '-Wl,-rpath,$ORIGIN/../../deps/lib'];
  const args = ['-std=c++17', '-O2', '-shared', '-fPIC', ...defines, ...includes, ...sources, '-o', `${output}.part`, ...libraries];
  try {
    await run(compiler, args, { maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error(`TensorFlow: the C++ compiler "${compiler}" failed: ${String(error.stderr || error.message).trim()}`, { cause: error });
  }
  await rename(`${output}.part`, output);
}

/** Loads the binding in a process of its own and multiplies two numbers with it. */
async function probe(root, pkg) {
  const script = `
    const tf = require(${JSON.stringify(pkg.name)});
    const [six] = tf.tidy(() => tf.matMul([[2]], [[3]]).dataSync());
    if (six !== 6) throw new Error('2 x 3 gave ' + six);
    process.stdout.write(tf.version['tfjs-core'] + ' ' + tf.backend().binding.TF_Version);`;
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: root, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } });
  const [tfjs, tensorflow] = stdout.split(' ');
  return { tfjs, tensorflow };
}

function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function packageVersion(directory) {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).version;
}

/** The stamp lies inside the package it vouches for: a fresh install of the package removes both. */
function stampIsGood(directory, root) {
  const stamp = readStamp(join(directory, 'deps/cyxwiz-stamp.json'));
  if (stamp === undefined) return undefined;
  const whole = stamp.recipe === RECIPE && stamp.package === packageVersion(directory) && stamp.wanted === TENSORFLOW_VERSION;
  return whole && existsSync(join(root, stamp.binding)) ? stamp : undefined;
}

/**
 * @param {{ root: string, python?: string, log?: (line: string) => void }} options `root` is the checkout;
 *   `python` any Python 3 that has pip.
 * @returns what is installed: { package, tfjs, tensorflow, cuda, binding, skipped }
 */
export async function setupTensorflow({ root, python = 'python3', log = () => {} }) {
  for (const name of ['tfjs-node-gpu', 'tfjs-node']) {
    const directory = join(root, 'node_modules/@tensorflow', name);
    const stamp = existsSync(directory) ? stampIsGood(directory, root) : undefined;
    if (stamp !== undefined) return { ...stamp, skipped: true };
  }
  if (platform !== 'linux' || WHEEL_PLATFORMS[arch] === undefined) {
    throw new Error(`TensorFlow: there is no native library for ${platform}/${arch}; use Linux on x86-64 or arm64`);
  }
  const pkg = await choosePackage(root, log);
  const cache = join(root, '.cyxwiz/cache/tensorflow');
  const deps = join(pkg.directory, 'deps');
  const napi = napiDirectory(pkg);
  log(`TensorFlow: fetching ${pkg.wheel} ${TENSORFLOW_VERSION}`);
  const wheel = await downloadWheel({ python, cache, wheel: pkg.wheel });
  log('TensorFlow: unpacking the library and its headers');
  await run(python, ['-c', UNPACK, wheel, deps, LIBRARIES.join(','), HEADERS.join(',')]);
  if (pkg.cuda) {
    log('TensorFlow: fetching the CUDA libraries');
    await installCuda({ python, cache, wheel: pkg.wheel, libraryDirectory: join(deps, 'lib') });
  }
  log('TensorFlow: compiling the binding');
  await compile({ root, pkg, napi });
  const versions = await probe(root, pkg);
  const binding = relative(root, join(napi.directory, 'tfjs_binding.node'));
  const stamp = { recipe: RECIPE, package: packageVersion(pkg.directory), wanted: TENSORFLOW_VERSION, name: pkg.name, ...versions, cuda: pkg.cuda, binding };
  await writeFile(join(deps, 'cyxwiz-stamp.json'), `${JSON.stringify(stamp, null, 2)}\n`);
  await rm(wheel, { force: true });
  log(`TensorFlow ${versions.tensorflow} is ready (${pkg.cuda ? 'CUDA' : 'CPU'})`);
  return { ...stamp, skipped: false };
}

const isMain = process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href;
if (isMain) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
  const started = performance.now();
  const result = await setupTensorflow({ root, python: process.argv[2], log: (line) => console.log(line) });
  console.log(JSON.stringify({ ...result, ms: Math.round(performance.now() - started) }));
}
