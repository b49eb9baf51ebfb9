import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { createCyxWizClient, type CyxWizClient } from '#api/client/node';
import { clientAddress, type Config, parseConfig } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';

/** What every command gets. */
export interface CliContext {
  readonly config: Config;
  /** `true`: print JSON alone, for programs. */
  readonly json: boolean;
  /** Of the login. @throws CyxError UNAUTHENTICATED where there is none. */
  token(): string;
  /** A client that is logged in. */
  client(): CyxWizClient;
  /** Keeps the login for later commands. */
  saveLogin(login: { token: string; username: string }): void;
  /** Prints a result: as JSON, or as lines for people. */
  print(value: unknown, lines: readonly string[]): void;
  /** Prints one of a stream of results: a line each, as JSON or for people. */
  emit(value: unknown, line: string): void;
}

const profileSchema = z.object({ token: z.string().min(1), username: z.string().min(1) });

export function createContext(env: NodeJS.ProcessEnv, json: boolean): CliContext {
  const config = parseConfig(env);
  const profileFile = join(config.home, 'cli', 'profile.json');
  const token = (): string => {
    if (env['CYXWIZ_TOKEN'] !== undefined) return env['CYXWIZ_TOKEN'];
    try {
      return profileSchema.parse(JSON.parse(readFileSync(profileFile, 'utf8'))).token;
    } catch {
      throw new CyxError('UNAUTHENTICATED', 'Log in first: cyxwiz login <name> (or set CYXWIZ_TOKEN)');
    }
  };
  return {
    config,
    json,
    token,
    client: () => newClient(config, token()),
    saveLogin: (login) => {
      mkdirSync(dirname(profileFile), { recursive: true, mode: 0o700 });
      writeFileSync(profileFile, JSON.stringify(login), { mode: 0o600 });
    },
    print: (value, lines) => {
      process.stdout.write(json ? `${JSON.stringify(value, jsonValue, 2)}\n` : lines.map((line) => `${line}\n`).join(''));
    },
    emit: (value, line) => {
      process.stdout.write(`${json ? JSON.stringify(value, jsonValue) : line}\n`);
    },
  };
}

export function newClient(config: Config, token?: string): CyxWizClient {
  return createCyxWizClient({
    httpUrl: config.publicUrls.web,
    // The certificate must be signed by an authority that Node knows; NODE_EXTRA_CA_CERTS names the file of another one.
    grpcUrl: clientAddress(config.publicUrls.grpc, config),
    storageUrl: config.storageUrl,
    ...(token === undefined ? {} : { token }),
  });
}

/** Amounts are decimal strings in JSON, bytes are base64url. */
function jsonValue(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url');
  return value;
}

/** A file that the person named. @throws CyxError INVALID_INPUT where it can not be read. */
export async function readInput(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message;
    throw new CyxError('INVALID_INPUT', `Could not read ${file}: ${reason}`, { cause });
  }
}

/** For options that take a number: anything else is a wrong command line. */
export function numberOption(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** Runs `use` with a client that is closed afterwards, whatever happens. */
export async function withClient<T>(context: CliContext, use: (client: CyxWizClient) => Promise<T>): Promise<T> {
  const client = context.client();
  try {
    return await use(client);
  } finally {
    client.close();
  }
}
