import { Keypair, MessageV0, PublicKey, VersionedTransaction } from '@solana/web3.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RPC_METHODS } from '../rpc/dispatch.ts';
import { MAX_BODY_BYTES } from '../server/http.ts';
import { call, connect, fundedKeypair, post, startChain, temporaryDir } from './support.ts';
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
    expect(await answer(body)).toMatchObject({
      jsonrpc: '2.0',
      error: { code, message: expect.any(String) as string },
    });
  });

  it('in a batch does not spoil the rest', async () => {
    const batch = [
      { jsonrpc: '2.0', id: 'a', method: 'getHealth' },
      17,
      { jsonrpc: '2.0', method: 'getHealth' },
      { jsonrpc: '2.0', id: 'b', method: 'none' },
    ];
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
  it.each([
    '',
    'AA==',
    '%%%',
    Buffer.alloc(1300).toString('base64'),
    Buffer.alloc(300, 7).toString('base64'),
    Buffer.alloc(1232, 255).toString('base64'),
  ])('is refused in the parameters: %#', async (text) => {
    for (const method of ['sendTransaction', 'simulateTransaction'])
      expect((await call(chain.rpcUrl, method, [text, { encoding: 'base64' }])).error).toMatchObject({ code: -32602 });
  });

  it('of random bytes never gets an answer but an error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
        const { error } = await call(chain.rpcUrl, 'sendTransaction', [
          Buffer.from(bytes).toString('base64'),
          { encoding: 'base64', skipPreflight: true },
        ]);
        expect([-32602, -32002, -32003]).toContain(error?.code);
      }),
    );
  });
});

describe('a signed transaction of any shape', () => {
  const programs = [
    '11111111111111111111111111111111',
    'ComputeBudget111111111111111111111111111111',
    'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  ];
  const others = [...programs, 'SysvarC1ock11111111111111111111111111111111', Keypair.generate().publicKey.toBase58()];
  const shape = fc.record({
    keys: fc.array(fc.constantFrom(...others), { maxLength: 6 }),
    readonlySigned: fc.nat({ max: 2 }),
    readonlyUnsigned: fc.nat({ max: 8 }),
    instructions: fc.array(
      fc.record({
        programIdIndex: fc.nat({ max: 8 }),
        accountKeyIndexes: fc.array(fc.nat({ max: 8 }), { maxLength: 5 }),
        data: fc.uint8Array({ maxLength: 20 }),
      }),
      { maxLength: 4 },
    ),
    lookups: fc.array(
      fc.record({
        table: fc.constantFrom(...others),
        writableIndexes: fc.array(fc.nat({ max: 3 }), { maxLength: 2 }),
        readonlyIndexes: fc.array(fc.nat({ max: 3 }), { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
    skipPreflight: fc.boolean(),
  });

  it('is landed or refused, and the chain goes on', async () => {
    const connection = connect(chain);
    const payer = await fundedKeypair(connection, 1000);
    const { blockhash } = await connection.getLatestBlockhash();
    await fc.assert(
      fc.asyncProperty(
        shape,
        async ({ keys, readonlySigned, readonlyUnsigned, instructions, lookups, skipPreflight }) => {
          const message = new MessageV0({
            header: {
              numRequiredSignatures: 1,
              numReadonlySignedAccounts: readonlySigned,
              numReadonlyUnsignedAccounts: readonlyUnsigned,
            },
            staticAccountKeys: [payer.publicKey, ...keys.map((key) => new PublicKey(key))],
            recentBlockhash: blockhash,
            compiledInstructions: instructions,
            addressTableLookups: lookups.map(({ table, ...indexes }) => ({
              accountKey: new PublicKey(table),
              ...indexes,
            })),
          });
          const transaction = new VersionedTransaction(message);
          transaction.sign([payer]);
          const wire = Buffer.from(transaction.serialize()).toString('base64');
          const { result, error } = await call(chain.rpcUrl, 'sendTransaction', [
            wire,
            { encoding: 'base64', skipPreflight },
          ]);
          if (result === undefined) expect([-32602, -32002]).toContain(error?.code);
          else
            expect(
              (await call(chain.rpcUrl, 'getTransaction', [result, { maxSupportedTransactionVersion: 0 }])).result,
            ).toMatchObject({ meta: { fee: expect.any(Number) as number } });
        },
      ),
      { numRuns: 400 },
    );
    expect(logged).toEqual([]);
  });
});

describe('any parameters at all', () => {
  it('never break a method', async () => {
    const scalar = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constant(Keypair.generate().publicKey.toBase58()),
      fc.integer(),
      fc.constant({ encoding: 'jsonParsed' }),
    );
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
