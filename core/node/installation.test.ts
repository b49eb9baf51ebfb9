import { describe, expect, it } from 'vitest';
import { appFolderOf } from './installation.ts';

describe('where a version is installed', () => {
  it('is told from a path inside it', () => {
    expect(appFolderOf('/var/lib/cyxwiz-node/app/versions/0.2.0-abcdef01/lib/node_modules/cyxwiz/cli/bin.mjs')).toEqual({
      app: '/var/lib/cyxwiz-node/app',
      version: '0.2.0-abcdef01',
      inside: 'cli/bin.mjs',
    });
  });

  it.each(['/home/me/cyxwiz/cli/bin.mjs', '/usr/local/lib/node_modules/cyxwiz/cli/bin.mjs', '/a/versions/1/cyxwiz/x'])('is nowhere for %s', (path) => {
    expect(appFolderOf(path)).toBeUndefined();
  });
});
