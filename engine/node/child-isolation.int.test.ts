import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isolate, withoutNetwork } from './child-isolation.ts';

const LOOK = `console.log(JSON.stringify({ names: Object.keys(process.env), interfaces: Object.keys(require('node:os').networkInterfaces()) }))`;

interface Seen {
  readonly names: readonly string[];
  readonly interfaces: readonly string[];
}

describe('an isolated child', () => {
  it('sees no variable that could hold a secret, and no network where the kernel can take it away', () => {
    const { command, args, env } = isolate({ command: process.execPath, args: ['-e', LOOK] });
    const seen = JSON.parse(execFileSync(command, args, { env, encoding: 'utf8' })) as Seen;
    expect(seen.names).toContain('PATH');
    expect(seen.names.filter((name) => /SECRET|TOKEN|KEY|PASSWORD|URL|URI|NODE|VITEST|HOME/.test(name))).toEqual([]);
    if (withoutNetwork().length > 0) expect(seen.interfaces).toEqual([]);
  });
});
