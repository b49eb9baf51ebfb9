import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCyxWizClient } from '#api/client/node';
import { connectMongo } from '#db/mongo/connect';
import { pythonEnvironment } from '../../python/environment.ts';
import { temporaryStack } from '../../test/temporary-stack.ts';

export interface OpenapiProofSizes {
  /** For each operation and phase. */
  readonly examples: number;
  readonly seed: number;
  /** Only operations whose path matches. */
  readonly path?: string;
}

type Say = (line: string) => void;
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Schemathesis with all of its checks against a platform of its own, as somebody who is logged in. True where none failed. */
export async function proveOpenapi(sizes: OpenapiProofSizes, say: Say): Promise<boolean> {
  const python = await pythonEnvironment({
    purpose: 'The proof of the API’s description',
    requirementsFile: here('./requirements.txt'),
    folder: here('../../../.cyxwiz/schemathesis'),
    versions: ['3.10', '3.11', '3.12', '3.13'],
    interpreters: ['python3.12', 'python3.11', 'python3', 'python'],
    log: say,
  });
  say('starting a platform of its own');
  const temporary = await temporaryStack(['postgres', 'mongo', 'temporal', 'localnet', 'storage', 'api', 'platform']);
  try {
    const { config } = temporary.stack;
    const token = await logInAsPro(config);
    return await run(join(dirname(python), 'schemathesis'), argumentsOf(config.publicUrls.web, token, sizes));
  } finally {
    await temporary.remove();
  }
}

/** Somebody whose calls are limited as little as anybody's. */
async function logInAsPro(config: Awaited<ReturnType<typeof temporaryStack>>['stack']['config']): Promise<string> {
  const username = `proof-${randomBytes(4).toString('hex')}`;
  const password = randomBytes(18).toString('base64url');
  const { publicUrls, storageUrl } = config;
  const client = createCyxWizClient({ httpUrl: publicUrls.web, grpcUrl: publicUrls.grpc, storageUrl });
  try {
    await client.auth.register({ email: `${username}@example.com`, username, password });
    const { id } = await client.auth.me();
    const mongo = await connectMongo({ uri: config.mongodbUri });
    await mongo.users.updateOne({ _id: id }, { $set: { subscription: 'pro' } });
    await mongo.close();
    return (await client.auth.login({ login: username, password })).token;
  } finally {
    client.close();
  }
}

function argumentsOf(url: string, token: string, { examples, seed, path }: OpenapiProofSizes): string[] {
  return [
    ...['--config-file', here('./schemathesis.toml')],
    'run',
    `${url}/api/openapi.json`,
    ...['--header', `Authorization: Bearer ${token}`],
    ...['--checks', 'all', '--max-examples', String(examples), '--seed', String(seed), '--workers', '1', '--request-timeout', '20', '--continue-on-failure'],
    ...(path === undefined ? [] : ['--include-path-regex', path]),
  ];
}

async function run(program: string, args: readonly string[]): Promise<boolean> {
  // It leaves what it learnt where it runs.
  const child = spawn(program, args, { cwd: here('../../../.cyxwiz'), stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}
