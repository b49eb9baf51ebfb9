import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testBrowser } from '#scripts/test/browser';
import { openBrowser, openPage } from './browser.ts';
import { stackConfig } from './platform.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Set-up has packed it. */
describe('downloads', () => {
  const base = stackConfig().publicUrls.web;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cyxwiz-downloads-'));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('serves the package that it names, with the checksum that it shows', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(`${base}/downloads`);
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const command = await page.getByText(/^npm install -g/).first().textContent();
    expect(command).toBe(`npm install -g --ignore-scripts ${base}/downloads/cyxwiz-${version}.tgz`);
    const answer = await fetch(command?.split(' ').pop() ?? '');
    expect(answer.headers.get('content-type')).toMatch(/^application\//);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(await page.getByText(sha256, { exact: true }).count()).toBe(1);

    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: `cyxwiz-${version}.tgz` }).click()]);
    expect(Buffer.from(bytes).equals(await readFile(await file.path()))).toBe(true);
    expect(problems).toEqual([]);
  });

  it('is a site that a browser can install as an app', async () => {
    // A profile of its own: nothing can be installed into a private window.
    const context = await chromium.launchPersistentContext(join(folder, 'profile'), await testBrowser());
    const page = await context.newPage();
    await page.goto(`${base}/downloads`);
    const devtools = await context.newCDPSession(page);
    expect(await devtools.send('Page.getInstallabilityErrors')).toEqual({ installabilityErrors: [] });
    const { url, errors } = await devtools.send('Page.getAppManifest');
    expect({ url, errors }).toEqual({ url: `${base}/manifest.webmanifest`, errors: [] });
    expect((await fetch(url)).headers.get('content-type')).toMatch(/^application\/manifest\+json/);
    await context.close();
  });

  it('packs the command line and the Server Node, and no tests, no build and no state of this machine', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${base}/downloads`);
    const href = await page.getByRole('link', { name: /^cyxwiz-.*\.tgz$/ }).getAttribute('href');
    const tarball = join(folder, 'package.tgz');
    await writeFile(tarball, new Uint8Array(await (await fetch(base + (href ?? ''))).arrayBuffer()));
    const names = (await run('tar', ['tzf', tarball])).stdout.trim().split('\n').map((name) => name.replace(/^package\//, ''));
    expect(names).toEqual(expect.arrayContaining(['package.json', 'cli/bin.mjs', 'workers/node.ts', 'workers/node-setup.ts', 'scripts/setup/tensorflow.mjs', 'api/client/client.ts']));
    expect(names.filter((name) => /(\.test\.|^web\/build|^\.cyxwiz|node_modules|\/target\/|^workflows\/histories)/.test(name))).toEqual([]);
    // What is in it is enough for the command to say what it can do; its packages are those of this checkout.
    await run('tar', ['xzf', tarball, '-C', folder]);
    await run('ln', ['-s', join(ROOT, 'node_modules'), join(folder, 'package', 'node_modules')]);
    const { stdout } = await run(process.execPath, [join(folder, 'package', 'cli', 'bin.mjs'), '--help']);
    for (const word of ['data', 'job', 'node', 'train', 'wallet']) expect(stdout).toContain(word);
  });

  it('tells what is not there', async () => {
    expect((await fetch(`${base}/downloads/other.tgz`)).status).toBe(404);
    expect((await fetch(`${base}/downloads/..%2f..%2fpackage.json`)).status).toBe(404);
  });
});
