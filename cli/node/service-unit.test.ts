import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceUnit } from './service-unit.ts';

const here = (name: string): string => join(import.meta.dirname, '../../scripts/node-service', name);
/** "OK" ends at 4.9, "unsafe" is 10; what is left of it is what a Node process that makes namespaces needs. */
const MOST_EXPOSURE = 22;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'node-service-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function systemdAnalyze(...args: string[]): { readonly status: number | null; readonly text: string } {
  const { error, status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error('systemd-analyze (of the package systemd) is not here, so the unit can not be checked: install it, or run this test on Linux with systemd', { cause: error });
  return { status, text: stdout + stderr };
}

function unitFile(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

describe('the systemd unit', () => {
  const own = { node: process.execPath, command: join(import.meta.dirname, '../bin.mjs') };

  it('is one that systemd takes, as it is and filled in for this machine', () => {
    const plain = join(dir, 'plain.service');
    copyFileSync(here('cyxwiz-node.service'), plain);
    expect(systemdAnalyze('verify', plain)).toEqual({ status: 0, text: '' });
    const filled = serviceUnit(own);
    expect(filled).toContain(`ExecStart=${own.node} ${own.command} node start --dir /var/lib/cyxwiz-node/node\n`);
    expect(systemdAnalyze('verify', unitFile('filled.service', filled))).toEqual({ status: 0, text: '' });
  });

  it('starts again after a failure and for a newer version, but not after a drain', () => {
    const lines = serviceUnit(own).split('\n');
    expect(lines.filter((line) => /^(Restart|RestartForceExitStatus|SuccessExitStatus)=/.test(line))).toEqual(['Restart=on-failure', 'SuccessExitStatus=75', 'RestartForceExitStatus=75']);
  });

  it('would not pass with a mistake in it', () => {
    const wrong = unitFile('wrong.service', serviceUnit(own).replace('KillMode=mixed', 'KillMode=sometimes'));
    expect(systemdAnalyze('verify', wrong).text).toMatch(/kill mode/);
  });

  it('keeps the node to what it needs', () => {
    const file = unitFile('exposure.service', serviceUnit(own));
    const { status, text } = systemdAnalyze('security', '--offline=true', `--threshold=${MOST_EXPOSURE}`, '--no-pager', file);
    console.log(text.trim().split('\n').at(-1));
    expect(status).toBe(0);
  });

  it('starts the newest of versions that stand side by side', () => {
    const unit = serviceUnit({ node: '/usr/bin/node', command: '/var/lib/cyxwiz-node/app/versions/0.1.0-0a1b2c3d/lib/node_modules/cyxwiz/cli/bin.mjs' });
    expect(unit).toContain('ExecStart=/usr/bin/node /var/lib/cyxwiz-node/app/current/lib/node_modules/cyxwiz/cli/bin.mjs node start');
  });

  it('quotes paths that systemd would read otherwise', () => {
    const unit = serviceUnit({ node: '/opt/my node/bin/node', command: '/srv/100%/$x/bin.mjs' });
    expect(unit).toContain('ExecStart="/opt/my node/bin/node" /srv/100%%/$$x/bin.mjs node start');
  });
});

describe('the container file', () => {
  const text = readFileSync(here('Containerfile'), 'utf8');

  it('has no fault that a linter knows', () => {
    expect(validate(text)).toEqual([]);
    // The linter looks at all: a misspelt instruction is one.
    expect(validate(text.replace('HEALTHCHECK', 'HELTHCHECK'))).not.toEqual([]);
  });

  it('runs as nobody special, from a package whose checksum is checked, with state outside', () => {
    const instructions = text.split('\n').filter((line) => /^[A-Z]+ /.test(line));
    const last = (name: string): string | undefined => instructions.findLast((line) => line.startsWith(`${name} `));
    expect(last('FROM')).toMatch(/:\d+-[a-z]+-slim$/);
    expect(last('USER')).toBe('USER node');
    expect(instructions.indexOf(last('USER')!)).toBeGreaterThan(instructions.findLastIndex((line) => line.startsWith('RUN ')));
    expect(text).toMatch(/sha256sum --check --strict/);
    expect(last('VOLUME')).toBe('VOLUME /var/lib/cyxwiz-node');
    expect(last('HEALTHCHECK')).toContain('/var/lib/cyxwiz-node/node/runs/heard');
  });
});
