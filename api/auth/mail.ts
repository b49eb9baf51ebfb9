import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { z } from 'zod';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
  /** Whose account it is about; not sent. */
  readonly userId?: string | undefined;
}

export interface Mailer {
  /** Resolves once the mail is handed over, which is not yet delivered. */
  send(mail: Mail): Promise<void>;
}

export interface StoredMail extends Mail {
  readonly id: string;
  readonly at: Date;
}

/** Mail that stays here: for platforms without a mail server, where the operator passes it on. */
export interface Outbox extends Mailer {
  /** Newest first. */
  list(limit: number): Promise<readonly StoredMail[]>;
  /** Deletes what is about this account, whatever address it went to, and what went to this address. May be repeated. */
  forget(person: { userId: string; email?: string | undefined }): Promise<void>;
}

const storedSchema = z.object({ to: z.string(), subject: z.string(), text: z.string(), userId: z.string().optional(), at: z.iso.datetime() });

/** One file a mail, for the platform's own account only: the links in them open accounts. */
export function createOutbox(folder: string, now: () => Date = () => new Date()): Outbox {
  const names = async (): Promise<string[]> => (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const read = async (name: string) => storedSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
  return {
    send: async ({ to, subject, text, userId }) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const at = now().toISOString();
      const name = `${at.replaceAll(':', '-')}-${randomBytes(4).toString('hex')}`;
      const file = join(folder, name);
      // Nobody reads a half-written mail.
      await writeFile(`${file}.part`, `${JSON.stringify({ to, subject, text, userId, at }, null, 2)}\n`, { mode: 0o600 });
      await rename(`${file}.part`, `${file}.json`);
    },
    list: async (limit) => {
      const newest = (await names()).sort().reverse().slice(0, limit);
      return Promise.all(
        newest.map(async (name) => {
          const { at, ...mail } = await read(name);
          return { ...mail, id: name.slice(0, -'.json'.length), at: new Date(at) };
        }),
      );
    },
    forget: async ({ userId, email }) => {
      const address = email?.toLowerCase();
      for (const name of await names()) {
        const mail = await read(name);
        if (mail.userId === userId || mail.to.toLowerCase() === address) await rm(join(folder, name), { force: true });
      }
    },
  };
}

/** @param options.url e.g. `smtps://user:password@mail.example:465`; with `smtp://` STARTTLS is used where the server has it. */
export function createSmtpMailer(options: { url: string; from: string }): Mailer {
  const transport = createTransport(options.url, { from: options.from });
  return {
    send: async ({ to, subject, text }) => {
      await transport.sendMail({ to, subject, text });
    },
  };
}
