import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeSetupLock } from './lock.mjs';
import { runSteps } from './main.mjs';
import { installedMatchesLock } from './packages-step.mjs';
import { missingPrerequisites } from './prerequisites.mjs';
import { runCommand } from './run-command.mjs';
import { hashOf, hashOfFolders, stampsIn } from './stamps.mjs';

let folder;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cyxwiz-setup-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('missingPrerequisites', () => {
  it('finds nothing missing where these tests run', () => {
    expect(missingPrerequisites()).toEqual([]);
  });

  it.each([
    [{ python: 'no-such-python' }, /^Python 3\.10 or newer is missing .* apt install python3/],
    [{ compilers: ['no-such-compiler'] }, /^A C\+\+ compiler is missing .* apt install g\+\+/],
    [{ git: 'no-such-git' }, /^git is missing.* apt install git/],
    [{ nodeVersion: '18.20.0' }, /^Node\.js 18\.20\.0 does not fit: version 20 .* nvm install/],
    [{ nodeVersion: '20.10.0' }, /^Node\.js 20\.10\.0 does not fit/],
    [{ nodeVersion: '23.0.0' }, /^Node\.js 23\.0\.0 does not fit/],
  ])('names what is missing and how to get it, in one line: %j', (replaced, line) => {
    const missing = missingPrerequisites(replaced);
    expect(missing).toHaveLength(1);
    expect(missing[0]).toMatch(line);
    expect(missing[0]).not.toContain('\n');
  });

  it('names everything at once', () => {
    expect(missingPrerequisites({ python: 'none', compilers: ['none'], git: 'none', nodeVersion: '16.0.0' })).toHaveLength(4);
  });
});

describe('runSteps', () => {
  function twoSteps() {
    const done = { first: 0, second: 0, fail: false, input: 'a' };
    const step = (name) => ({
      name,
      what: name,
      inputHash: () => hashOf(name === 'second' ? done.input : ''),
      isDone: () => existsSync(join(folder, name)),
      run: async () => {
        writeFileSync(join(folder, name), '');
        if (name === 'second' && done.fail) throw new Error('the cable was pulled');
        done[name]++;
      },
    });
    return { done, steps: [step('first'), step('second')], stamps: stampsIn(join(folder, 'stamps')) };
  }

  it('does everything once, and then nothing', async () => {
    const { done, steps, stamps } = twoSteps();
    const lines = [];
    await runSteps(steps, stamps, (line) => lines.push(line));
    await runSteps(steps, stamps, (line) => lines.push(line));
    expect(done).toMatchObject({ first: 1, second: 1 });
    expect(lines).toHaveLength(4);
  });

  it('goes on at the step that was interrupted, even where that step left its files behind', async () => {
    const { done, steps, stamps } = twoSteps();
    done.fail = true;
    await expect(runSteps(steps, stamps, () => {})).rejects.toThrow('Set-up stopped at "second". the cable was pulled');
    done.fail = false;
    await runSteps(steps, stamps, () => {});
    expect(done).toMatchObject({ first: 1, second: 1 });
  });

  it('does a step again when its inputs change or its result is gone', async () => {
    const { done, steps, stamps } = twoSteps();
    await runSteps(steps, stamps, () => {});
    done.input = 'b';
    rmSync(join(folder, 'first'));
    await runSteps(steps, stamps, () => {});
    expect(done).toMatchObject({ first: 2, second: 2 });
  });

  it('does not take a step’s word for it that it is done', async () => {
    const { steps, stamps } = twoSteps();
    steps[0].run = async () => {};
    await expect(runSteps(steps, stamps, () => {})).rejects.toThrow('left nothing behind');
  });
});

describe('hashes', () => {
  it('tell where one part ends and the next begins', () => {
    expect(hashOf('ab', 'c')).not.toBe(hashOf('a', 'bc'));
  });

  it('change with a file’s name and content, and not with what a build leaves behind', () => {
    mkdirSync(join(folder, 'src/build'), { recursive: true });
    writeFileSync(join(folder, 'src/a.ts'), '1');
    const first = hashOfFolders(folder, ['src', 'not-there']);
    writeFileSync(join(folder, 'src/build/out.js'), 'x');
    expect(hashOfFolders(folder, ['src', 'not-there'])).toBe(first);
    writeFileSync(join(folder, 'src/a.ts'), '2');
    expect(hashOfFolders(folder, ['src', 'not-there'])).not.toBe(first);
  });
});

describe('installedMatchesLock', () => {
  const lock = {
    '': { name: 'root' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/for-another-machine': { version: '1.0.0', integrity: 'sha512-o', optional: true },
  };
  function write(installed) {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: lock }));
    if (installed === undefined) return;
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
  }

  it('accepts a complete install, without what is only for other machines', () => {
    write({ 'node_modules/a': lock['node_modules/a'] });
    expect(installedMatchesLock(folder)).toBe(true);
  });

  it.each([
    ['nothing installed', undefined],
    ['a package missing', {}],
    ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-b' } }],
  ])('refuses %s', (_, installed) => {
    write(installed);
    expect(installedMatchesLock(folder)).toBe(false);
  });
});

describe('takeSetupLock', () => {
  it('lets a second set-up wait for the first', async () => {
    const order = [];
    const release = await takeSetupLock(folder, () => {});
    const second = takeSetupLock(folder, (line) => order.push(line)).then((releaseSecond) => {
      order.push('second has it');
      releaseSecond();
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    order.push('first gives it back');
    release();
    await second;
    expect(order).toEqual([expect.stringContaining(`process ${process.pid}`), 'first gives it back', 'second has it']);
  });

  it.each(['999999999', 'half a'])('takes over a lock whose holder is gone: %s', async (text) => {
    writeFileSync(join(folder, 'setup.lock'), text);
    (await takeSetupLock(folder, () => {}))();
    expect(existsSync(join(folder, 'setup.lock'))).toBe(false);
  });
});

describe('runCommand', () => {
  it('shows the end of the output and where the whole of it is', async () => {
    const logFile = join(folder, 'logs/step.log');
    const failing = runCommand(process.execPath, ['-e', 'console.log("almost"); process.exit(3)'], { cwd: folder, logFile });
    await expect(failing).rejects.toThrow(/ended with 3[\s\S]*almost[\s\S]*step\.log/);
  });

  it('says so when there is no such command', async () => {
    await expect(runCommand('no-such-command', [], { cwd: folder, logFile: join(folder, 'x.log') })).rejects.toThrow('ENOENT');
  });
});
