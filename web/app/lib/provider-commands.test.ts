import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { whereIs } from './provider-commands.ts';

it('exports, in any shell, where the platform is and where the command line keeps its things', () => {
  const urls = { http: 'https://a.example', storage: 'https://s.example', grpc: 'a.example:1', gateway: 'a.example:2' };
  const script = `${whereIs(urls)}\nenv`;
  const env = execFileSync('sh', ['-c', script], { env: { PATH: process.env['PATH'], HOME: '/home/a b' } as unknown as NodeJS.ProcessEnv, encoding: 'utf8' }).split('\n');
  expect(env).toEqual(expect.arrayContaining(['CYXWIZ_HOME=/home/a b/.cyxwiz', 'CYXWIZ_PUBLIC_URL=https://a.example', 'CYXWIZ_STORAGE_URL=https://s.example', 'CYXWIZ_PUBLIC_GRPC=a.example:1', 'CYXWIZ_PUBLIC_GATEWAY=a.example:2']));
});
