import { Keypair } from '@solana/web3.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RPC_METHODS } from '../rpc/dispatch.ts';
import { MAX_BODY_BYTES } from '../server/http.ts';
import { call, post, startChain, temporaryDir } from './support.ts';
import type { Localnet } from '../start-localnet.ts';

const dir = temporaryDir();
const logged: unknown[] = [];
let chain: Localnet;
beforeAll(async () => {
  chain = await startChain(dir.path, { log: (event, facts) => event === 'rpc.error' && logged.push(facts) });
});
afterAll(async () => {
  await chain.close();
  dir.remove();
});

const answer = async (body: string): Promise<unknown> => (await post(chain.rpcUrl, body)).json();

describe('a malformed message', () => {
  it.each([
    ['no JSON', '{"jsonrpc"', -32700],
    ['an empty body', '', -32700],
    ['a bare number', '5', -32600],
    ['null', 'null', -32600],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"getSlot"}', -32600],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"getSlot"}', -32600],
    ['a number as method', '{"jsonrpc":"2.0","id":1,"method":7}', -32600],
    ['an empty batch', '[]', -32600],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"getMoon"}', -32601],
    ['a method of Object', '{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32601],
    ['named parameters', '{"jsonrpc":"2.0","id":1,"method":"getBalance","params":{"key":1}}', -32602],
    ['too few parameters', '{"jsonrpc":"2.0","id":1,"method":"getBalance","params":[]}', -32602],
    ['too many parameters', '{"jsonrpc":"2.0","id":1,"method":"getSlot","params":[{},1,2]}', -32602],
    ['a short address', '{"jsonrpc":"2.0","id":1,"method":"getBalance","params":["abc"]}', -32602],
  ])('with %s is answered with its code', async (_name, body, code) => {
    expect(await answer(body)).toMatchObject({ jsonrpc: '2.0', error: { code, message: expect.any(String) as string } });
  });

  it('in a batch does not spoil the rest', async () => {
    const batch = [{ jsonrpc: '2.0', id: 'a', method: 'getHealth' }, 17, { jsonrpc: '2.0', method: 'getHealth' }, { jsonrpc: '2.0', id: 'b', method: 'none' }];
    expect(await answer(JSON.stringify(batch))).toEqual([
      { jsonrpc: '2.0', id: 'a', result: 'ok' },
      { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Invalid request' } },
      { jsonrpc: '2.0', id: 'b', error: { code: -32601, message: 'Method not found: none' } },
    ]);
  });

  it('without an id is not answered', async () => {
    expect((await post(chain.rpcUrl, '{"jsonrpc":"2.0","method":"getHealth"}')).status).toBe(204);
  });

  it('that is too large is refused unread', async () => {
    const response = await post(chain.rpcUrl, ' '.repeat(MAX_BODY_BYTES + 1)).catch((error: unknown) => error as Error);
    // The connection closes while the client still writes: it sees the answer, or the closing.
    if (response instanceof Response) expect(response.status).toBe(413);
    expect((await call(chain.rpcUrl, 'getHealth')).result).toBe('ok');
  });
});

describe('the HTTP side', () => {
  it('tells its health, allows pages of any origin, and refuses other methods', async () => {
    expect(await (await fetch(`${chain.rpcUrl}/health`)).text()).toBe('ok');
    const preflight = await fetch(chain.rpcUrl, { method: 'OPTIONS' });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect((await fetch(chain.rpcUrl, { method: 'PUT' })).status).toBe(405);
  });
});

describe('a malformed transaction', () => {
  it.each(['', 'AA==', '%%%', Buffer.alloc(1300).toString('base64'), Buffer.alloc(300, 7).toString('base64'), Buffer.alloc(1232, 255).toString('base64')])(
    'is refused in the parameters: %#',
    async (text) => {
      for (const method of ['sendTransaction', 'simulateTransaction'])
        expect((await call(chain.rpcUrl, method, [text, { encoding: 'base64' }])).error).toMatchObject({ code: -32602 });
    },
  );

  it('of random bytes never gets an answer but an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
        const { error } = await call(chain.rpcUrl, 'sendTransaction', [Buffer.from(bytes).toString('base64'), { encoding: 'base64', skipPreflight: true }]);
        expect([-32602, -32002, -32003]).toContain(error?.code);
      }),
    );
  });
});

describe('any parameters at all', () => {
  it('never break a method', async () => {
    const scalar = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(Keypair.generate().publicKey.toBase58()), fc.integer(), fc.constant({ encoding: 'jsonParsed' }));
    const methods = Object.keys(RPC_METHODS).filter((name) => name !== 'cyxwizWarpClock');
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...methods), fc.array(scalar, { maxLength: 3 }), async (method, params) => {
        const { error } = await call(chain.rpcUrl, method, params);
        expect(error?.code).not.toBe(-32603);
      }),
      { numRuns: 500 },
    );
    expect(logged).toEqual([]);
  });
});
