import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '#core/config/config';
import { nodeFolder, requireLocalNode } from './this-node.ts';

describe('the folder of this machine’s node', () => {
  it.each([
    [{}, undefined, resolve('.cyxwiz/server-node')],
    [{ CYXWIZ_HOME: '/data/cyxwiz' }, undefined, '/data/cyxwiz/server-node'],
    [{}, 'mine', resolve('mine')],
    [{}, '/data/node', '/data/node'],
  ])('with %o and --dir %s is told in full', (env, dir, folder) => {
    expect(nodeFolder({ config: parseConfig(env) }, dir)).toBe(folder);
  });

  it('is named where no node was set up in it', () => {
    const folder = nodeFolder({ config: parseConfig({ CYXWIZ_HOME: 'there-is-none' }) }, undefined);
    expect(() => requireLocalNode(folder)).toThrow(`No node was set up in ${resolve('there-is-none/server-node')}.`);
  });
});
