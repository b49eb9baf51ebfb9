import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceAccount, serviceUnit } from './service-unit.ts';

const here = (name: string): string => join(import.meta.dirname, '../../scripts/node-service', name);
/** "OK" ends at 4.9, "unsafe" is 10; what is left of it is what a Node process that makes namespaces needs, and bwrap with its mounts. */
const MOST_EXPOSURE = 25;

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
  const own = { node: '/usr/bin/node', command: '/usr/lib/node_modules/cyxwiz/cli/bin.mjs', dir: '/srv/cyxwiz/node', cyxwizHome: '/srv/cyxwiz', user: 'renter', userHome: '/var/renter' };
  /** The settings of a unit by name; one that stands twice fails. */
  const settingsOf = (unit: string): Record<string, string> => {
    const pairs = unit.split('\n').filter((line) => /^\w+=/.test(line)).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
    expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
    return Object.fromEntries(pairs);
  };

  it('is one that systemd takes, as it is and filled in for this machine', () => {
    const plain = join(dir, 'plain.service');
    copyFileSync(here('cyxwiz-node.service'), plain);
    expect(systemdAnalyze('verify', plain)).toEqual({ status: 0, text: '' });
    const filled = serviceUnit({ ...own, node: process.execPath });
    expect(systemdAnalyze('verify', unitFile('filled.service', filled))).toEqual({ status: 0, text: '' });
  });

  it('starts the node that is there, as its user and with its files', () => {
    const unit = serviceUnit(own);
    expect(settingsOf(unit)).toMatchObject({
      User: 'renter',
      WorkingDirectory: '/srv/cyxwiz/node',
      Environment: 'CYXWIZ_HOME=/srv/cyxwiz HOME=/var/renter',
      ExecStart: '/usr/bin/node /usr/lib/node_modules/cyxwiz/cli/bin.mjs node start --dir /srv/cyxwiz/node',
      ReadWritePaths: '/srv/cyxwiz/node',
      ProtectHome: 'yes',
    });
    // Whoever follows it sets up nothing, and stakes nothing, a second time.
    expect(unit).not.toMatch(/node setup|useradd|\/var\/lib\/cyxwiz-node|StateDirectory/);
  });

  it.each([
    ['the node', { dir: '/home/me/.cyxwiz/server-node' }],
    ['the command', { command: '/root/cyxwiz/cli/bin.mjs' }],
    ['Node', { node: '/home/me/.nvm/versions/node/v20.19.0/bin/node' }],
  ])('does not hide %s where it stands in a home', (_what, where) => {
    expect(settingsOf(serviceUnit({ ...own, ...where }))['ProtectHome']).toBe('read-only');
  });

  it('lets bwrap make its namespaces, too', () => {
    expect(settingsOf(serviceUnit(own))).toMatchObject({ RestrictNamespaces: 'user net mnt', SystemCallFilter: '@system-service @mount' });
  });

  it('is for whoever the node’s folder belongs to', () => {
    expect(serviceAccount(dir)).toEqual({ user: userInfo().username, userHome: userInfo().homedir });
    const others = ['/proc/1', '/'].find((path) => statSync(path).uid !== userInfo().uid);
    if (others !== undefined) expect(() => serviceAccount(others)).toThrow(/belongs to another user/);
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
    const unit = serviceUnit({ ...own, command: '/var/lib/cyxwiz-node/app/versions/0.1.0-0a1b2c3d/lib/node_modules/cyxwiz/cli/bin.mjs' });
    expect(unit).toContain('ExecStart=/usr/bin/node /var/lib/cyxwiz-node/app/current/lib/node_modules/cyxwiz/cli/bin.mjs node start');
  });

  it('quotes paths that systemd would read otherwise', () => {
    const odd = serviceUnit({ ...own, node: '/opt/my node/bin/node', command: '/srv/100%/$x/bin.mjs', dir: '/srv/my node', cyxwizHome: '/srv/5 %' });
    expect(settingsOf(odd)).toMatchObject({
      ExecStart: '"/opt/my node/bin/node" /srv/100%%/$$x/bin.mjs node start --dir "/srv/my node"',
      Environment: '"CYXWIZ_HOME=/srv/5 %%" HOME=/var/renter',
      WorkingDirectory: '/srv/my node',
      ReadWritePaths: '"/srv/my node"',
    });
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
