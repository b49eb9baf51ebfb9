import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import type { CyxWizClient, Login } from '#api/client/node';
import { CyxError } from '#core/errors/cyx-error';
import { newClient, type CliContext } from '../context.ts';

/** A password comes from the environment or the keyboard, never from the command line, where others could read it. */
async function password(): Promise<string> {
  const given = process.env['CYXWIZ_PASSWORD'];
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) throw new CyxError('INVALID_INPUT', 'Set CYXWIZ_PASSWORD, or run this in a terminal to be asked');
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await ask.question('Password: ');
  } finally {
    ask.close();
  }
}

export function registerCommand(context: () => CliContext): Command {
  return new Command('register')
    .description('create an account and log in')
    .argument('<email>')
    .argument('<username>')
    .action(async (email: string, username: string) => {
      const client = newClient(context().config);
      const login = await client.auth.register({ email, username, password: await password() });
      client.close();
      context().saveLogin({ token: login.token, username: login.user.username });
      context().print(login.user, [`Welcome, ${login.user.username}. You are logged in; your wallet is being made.`]);
    });
}

export function loginCommand(context: () => CliContext): Command {
  return new Command('login')
    .description('log in by e-mail or username and password (CYXWIZ_PASSWORD, or the keyboard); without a name, with the API key in CYXWIZ_API_KEY')
    .argument('[name]')
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const key = process.env['CYXWIZ_API_KEY']?.trim();
      // Before anything is asked: a wrong command line.
      if (name === undefined && !key) command.error('error: say who you are (cyxwiz login <name>), or set CYXWIZ_API_KEY');
      const client = newClient(context().config);
      const login = await logIn(client, name, key).finally(() => client.close());
      context().saveLogin({ token: login.token, username: login.user.username });
      context().print({ user: login.user, expiresAt: login.expiresAt }, [`Logged in as ${login.user.username} until ${login.expiresAt.toISOString()}`]);
    });
}

/** A name goes before the key: it was typed just now, and the key may be there for other programs. */
async function logIn({ auth }: CyxWizClient, name: string | undefined, key: string | undefined): Promise<Login> {
  return name === undefined ? auth.loginWithKey(key ?? '') : auth.login({ login: name, password: await password() });
}
