import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNodeConfig, writeNodeConfig, type NodeConfig } from './node-config.ts';
import { keepToOwner } from './own-files.ts';

const config: NodeConfig = {
  apiUrl: 'http://127.0.0.1:1',
  grpcUrl: '127.0.0.1:1',
  gatewayUrl: '127.0.0.1:1',
  storageUrl: 'http://127.0.0.1:1',
  namespace: 'default',
  machineId: 'machine-a1b2c3d4',
  apiKey: 'secret',
  nodeId: '3f0c1f5e-8f4b-4c58-9f0e-0a4f5e7a1b2c',
  deviceClass: 'cpu',
  pricePerHourBase: '1',
  workDir: '/nowhere',
  heartbeatMs: 10_000,
  checkpointEveryMs: 30_000,
};

let root: string;
let dir: string;
let file: string;
let warned: string[];
const log = { warn: (fields: object) => void warned.push((fields as { path: string }).path) };
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'own-files-'));
  chmodSync(root, 0o755);
  dir = join(root, 'node');
  file = join(dir, 'config.json');
  mkdirSync(dir, { mode: 0o700 });
  writeNodeConfig(file, config);
  warned = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('who can read what a node knows', () => {
  it('is its owner alone, from the first write on', () => {
    keepToOwner(file, join(dir, 'runs'), log);
    expect([modeOf(file), modeOf(dir), warned]).toEqual(['600', '700', []]);
    expect(readNodeConfig(file)?.apiKey).toBe('secret');
  });

  it('is put right with a warning, file and folder', () => {
    chmodSync(file, 0o644);
    chmodSync(dir, 0o755);
    keepToOwner(file, join(dir, 'runs'), log);
    expect([modeOf(file), modeOf(dir)]).toEqual(['600', '700']);
    expect(warned).toEqual([file, dir]);
  });

  it('leaves a folder alone that is not the node’s own', () => {
    chmodSync(dir, 0o755);
    keepToOwner(file, '/var/lib/elsewhere/runs', log);
    expect([modeOf(dir), warned]).toEqual(['755', []]);
  });

  it('stops the start where it belongs to somebody else', () => {
    chmodSync(file, 0o644);
    chmodSync(dir, 0o755);
    const isRoot = process.getuid?.() === 0;
    // Root may change every file, so it is nobody for a moment; anybody else tries a file of root's.
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(() => keepToOwner(isRoot ? file : '/etc/passwd', '/elsewhere/runs', log)).toThrow(/chmod 600/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    expect([modeOf(file), warned]).toEqual(['644', []]);
  });
});
