// The package that people install: this very source, packed by npm, with its checksum. The website serves both.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, hashOfFolders } from './stamps.mjs';
import { runCommand } from './run-command.mjs';

const isPacked = (name) => !/\.test\./.test(name) && !/\.log$/.test(name);

/** @returns {import('./steps.mjs').Step} */
export function downloadsStep({ root, home, logFile }) {
  const folder = join(home, 'downloads');
  const list = join(folder, 'downloads.json');
  return {
    name: 'downloads',
    what: 'Package to install (npm pack)',
    inputHash: () => hashOf(hashOfFolders(root, packedFolders(root), isPacked), readFileSync(join(root, 'package.json')), readFileSync(join(root, 'package-lock.json'))),
    isDone: () => isWhole(folder, list),
    async run() {
      const half = `${folder}.half`;
      rmSync(half, { recursive: true, force: true });
      mkdirSync(half, { recursive: true });
      await runCommand('npm', ['pack', '--ignore-scripts', '--pack-destination', half], { cwd: root, logFile });
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      const found = readdirSync(half).map((file) => ({ file, version, ...factsOf(join(half, file)), madeAt: new Date().toISOString() }));
      writeFileSync(join(half, 'downloads.json'), JSON.stringify(found));
      rmSync(folder, { recursive: true, force: true });
      renameSync(half, folder);
    },
  };
}

/** The folders that package.json says belong into the package. */
function packedFolders(root) {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return files.filter((name) => !name.startsWith('!') && !name.includes('.'));
}

function factsOf(path) {
  const bytes = readFileSync(path);
  return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function isWhole(folder, list) {
  try {
    const found = JSON.parse(readFileSync(list, 'utf8'));
    return found.length > 0 && found.every(({ file, sha256 }) => factsOf(join(folder, file)).sha256 === sha256);
  } catch {
    return false;
  }
}
