// A stamp says: this step was done, with these inputs. It is written only after the step ended well, so an
// interrupted step is simply done again.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** @param {...(string | Uint8Array)} parts */
export function hashOf(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) {
    // Lengths go in too: ('ab','c') and ('a','bc') are different inputs.
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest('hex');
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'build', 'target', '.cyxwiz', '.git', 'dist']);

/** Every file below `folder` that `keep` accepts, sorted, so that the same tree always hashes the same. */
function filesBelow(folder, keep) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) found.push(...filesBelow(path, keep));
    } else if (keep(entry.name)) found.push(path);
  }
  return found.sort();
}

/** Hash of the names and contents of files in several folders; folders that are not there count as empty. */
export function hashOfFolders(root, folders, keep = () => true) {
  const parts = [];
  for (const folder of folders) {
    let files = [];
    try {
      files = filesBelow(join(root, folder), keep);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    for (const file of files) parts.push(relative(root, file), readFileSync(file));
  }
  return hashOf(...parts);
}

/** @param {string} folder where stamps are kept */
export function stampsIn(folder) {
  const fileOf = (name) => join(folder, `${name}.stamp`);
  return {
    /** @param {string} name @param {string} inputHash */
    fits(name, inputHash) {
      try {
        return readFileSync(fileOf(name), 'utf8').trim() === inputHash;
      } catch {
        return false;
      }
    },
    write(name, inputHash) {
      mkdirSync(folder, { recursive: true });
      const half = `${fileOf(name)}.${process.pid}`;
      writeFileSync(half, `${inputHash}\n`);
      renameSync(half, fileOf(name));
    },
    clear(name) {
      rmSync(fileOf(name), { force: true });
    },
  };
}
