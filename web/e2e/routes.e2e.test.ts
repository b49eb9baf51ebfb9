import type { RouteConfigEntry } from '@remix-run/route-config';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import routes from '#web/app/routes';
import { openBrowser } from './browser.ts';
import { faultsOf } from './looks.ts';
import { describeJob } from './new-job.ts';
import { stackConfig } from './platform.ts';
import { setRoutesScene, type RoutesScene, type Who } from './routes-scene.ts';

// Every page of the site, as each kind of visitor finds it, in both themes and sizes: axe finds nothing, nothing is too
// wide, and a picture of each lies in .cyxwiz/screenshots. A page that has no row here fails the first test.

interface Look {
  readonly who: Who;
  /** Of its pictures. */
  readonly name: string;
  /** The address to visit; the route's own where that has no parameters. */
  readonly at?: string | ((scene: RoutesScene) => string);
  readonly status?: number;
  /** What is done on the page before it is looked at. */
  readonly act?: (page: Page) => Promise<void>;
}
type Row = readonly [route: string, ...looks: Look[]];

/** Sends a form that is refused, and waits for the words. */
const refused = (button: string, values: Readonly<Record<string, string>> = {}) => async (page: Page): Promise<void> => {
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label).fill(value);
  await page.getByRole('main').getByRole('button', { name: button }).click();
  await page.getByRole('alert').first().waitFor();
};

const TABLE: readonly Row[] = [
  ['/', { who: 'guest', name: 'landing' }],
  [
    '/signup',
    { who: 'guest', name: 'signup' },
    { who: 'guest', name: 'signup-errors', act: refused('Create the account', { 'E-mail': 'a@example.org', Username: 'a b', Password: 'short' }) },
  ],
  ['/login', { who: 'guest', name: 'login' }, { who: 'guest', name: 'login-refused', act: refused('Log in', { 'E-mail or username': 'nobody', Password: 'not the password' }) }],
  [
    '/forgot-password',
    { who: 'guest', name: 'forgot-password' },
    {
      who: 'guest',
      name: 'forgot-password-sent',
      act: async (page) => {
        await page.getByLabel('E-mail').fill('nobody@example.org');
        await page.getByRole('button', { name: 'Send the link' }).click();
        await page.getByText('a link is on its way').waitFor();
      },
    },
  ],
  [
    '/reset-password',
    { who: 'guest', name: 'reset-password', at: '/reset-password?token=made-up' },
    { who: 'guest', name: 'reset-password-refused', at: '/reset-password?token=made-up', act: refused('Set it and log in', { 'New password': 'four unrelated words here' }) },
  ],
  [
    '/verify-email',
    { who: 'guest', name: 'verify-email', at: '/verify-email?token=made-up' },
    { who: 'guest', name: 'verify-email-refused', at: '/verify-email?token=made-up', act: refused('This address is mine') },
  ],
  ['/login/:site/callback', { who: 'guest', name: 'oauth-refused', at: '/login/google/callback?error=access_denied', status: 401 }],
  ['/settings', { who: 'newcomer', name: 'settings' }, { who: 'newcomer', name: 'settings-refused', act: refused('Change the password', { 'Current password': 'not it', 'New password': 'four unrelated words here' }) }],
  ['/settings/delete', { who: 'newcomer', name: 'settings-delete' }, { who: 'member', name: 'settings-delete-member' }],
  ['/goodbye', { who: 'guest', name: 'goodbye' }],
  ['/ops', { who: 'operator', name: 'ops' }, { who: 'member', name: 'forbidden', status: 403 }],
  ['/ops/audit', { who: 'operator', name: 'ops-audit' }],
  ['/ops/outbox', { who: 'operator', name: 'ops-outbox' }],
  ['/dashboard', { who: 'newcomer', name: 'dashboard-new' }, { who: 'member', name: 'dashboard' }],
  ['/data', { who: 'newcomer', name: 'data-none' }, { who: 'member', name: 'data' }],
  ['/data/:cid', { who: 'member', name: 'dataset', at: ({ datasetCid }) => `/data/${datasetCid}` }],
  ['/jobs', { who: 'newcomer', name: 'jobs-none' }, { who: 'member', name: 'jobs' }],
  [
    '/jobs/new',
    { who: 'newcomer', name: 'new-job-no-data' },
    { who: 'member', name: 'new-job' },
    { who: 'member', name: 'new-job-errors', act: refused('Get the price', { Epochs: 'none', 'Learning rate': '-1' }) },
    {
      who: 'member',
      name: 'new-job-plan',
      act: async (page) => {
        await describeJob(page, stackConfig().publicUrls.web, { epochs: 1, batchSize: 32 });
        await page.getByRole('button', { name: /^Approve/ }).waitFor();
      },
    },
  ],
  ['/jobs/cancel', { who: 'member', name: 'cancel-ended', at: ({ completedJob }) => `/jobs/cancel?job=${completedJob}` }],
  [
    '/jobs/:jobId',
    { who: 'member', name: 'job-done', at: ({ completedJob }) => `/jobs/${completedJob}` },
    { who: 'member', name: 'job-failed', at: ({ failedJob }) => `/jobs/${failedJob}` },
    { who: 'member', name: 'job-cancelled', at: ({ cancelledJob }) => `/jobs/${cancelledJob}` },
  ],
  ['/models', { who: 'newcomer', name: 'models-none' }, { who: 'member', name: 'models' }],
  ['/models/:jobId', { who: 'member', name: 'model', at: ({ completedJob }) => `/models/${completedJob}` }],
  ['/wallet', { who: 'newcomer', name: 'wallet-new' }, { who: 'member', name: 'wallet' }],
  ['/earnings', { who: 'newcomer', name: 'earnings-none' }],
  ['/tx/:signature', { who: 'member', name: 'transfer', at: ({ transferPath }) => transferPath }],
  ['/machines', { who: 'newcomer', name: 'machines-none' }, { who: 'operator', name: 'machines' }],
  [
    '/machines/nodes/:nodeId',
    { who: 'operator', name: 'own-node', at: ({ nodeId }) => `/machines/nodes/${nodeId}` },
    { who: 'operator', name: 'own-node-refused', at: ({ nodeId }) => `/machines/nodes/${nodeId}`, act: refused('Add from my wallet', { 'Add to the stake': 'much' }) },
  ],
  ['/machines/nodes/:nodeId/unstake', { who: 'operator', name: 'unstake', at: ({ nodeId }) => `/machines/nodes/${nodeId}/unstake` }],
  ['/nodes', { who: 'guest', name: 'nodes-guest' }, { who: 'member', name: 'nodes' }],
  [
    '/provide',
    { who: 'guest', name: 'provide-guest' },
    {
      who: 'member',
      name: 'provide',
      act: async (page) => {
        await page.getByRole('button', { name: 'Measure this computer' }).click();
        await page.getByText('An estimate, and no promise').waitFor();
      },
    },
  ],
  ['/downloads', { who: 'member', name: 'downloads' }],
  ['/*', { who: 'guest', name: 'not-found-guest', at: '/nowhere', status: 404 }, { who: 'member', name: 'not-found', at: '/nowhere', status: 404 }],
];

/** Pages that the API serves itself. */
const API_PAGES: readonly Row[] = [
  ['/api/docs', { who: 'guest', name: 'api-docs' }],
  [
    '/api/codec/login',
    { who: 'guest', name: 'codec-login' },
    {
      who: 'guest',
      name: 'codec-login-refused',
      act: async (page) => {
        await page.getByLabel('Operator token').fill('made up');
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.getByText('not the token of an operator').waitFor();
      },
    },
  ],
];

/** Addresses that show a page; the others answer a form or hand out a file. */
function pagesOf(entries: readonly RouteConfigEntry[], above = ''): string[] {
  return entries.flatMap(({ path, index, file, children }) => {
    const own = path === undefined ? above : `${above}/${path}`;
    const isPage = (path !== undefined || index === true) && file.endsWith('.tsx');
    return [...(isPage ? [own === '' ? '/' : own] : []), ...pagesOf(children ?? [], own)];
  });
}

describe('every page', () => {
  const base = stackConfig().publicUrls.web;
  let browser: Browser;
  let scene: RoutesScene;
  beforeAll(async () => {
    browser = await openBrowser();
    scene = await setRoutesScene(browser, base);
  });
  afterAll(() => browser.close());

  it('has its row in the table, and no other has', () => {
    expect(pagesOf(routes).sort()).toEqual(TABLE.map(([route]) => route).sort());
  });

  const looks = [...TABLE, ...API_PAGES].flatMap(([route, ...each]) => each.map((look) => ({ at: route, status: 200, ...look })));
  it.each(looks)('looks right: $name', async ({ who, name, at, status, act }) => {
    const page = scene.pages[who];
    const path = typeof at === 'string' ? at : at(scene);
    const answer = await page.goto(base + path);
    expect(answer?.status()).toBe(status);
    // Not the login that somebody was sent to instead.
    expect(new URL(page.url()).pathname).toBe(new URL(base + path).pathname);
    await act?.(page);
    expect(await faultsOf(page, name)).toEqual([]);
  });

  it('threw nothing', () => {
    expect(scene.problems()).toEqual([]);
  });
});
