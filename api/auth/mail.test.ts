import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createOutbox, createSmtpMailer } from './mail.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'cyxwiz-mail-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const mail = { to: 'ada@example.org', subject: 'A link', text: 'https://cyxwiz.example/x?token=abc\n' };

it('keeps mail in files that only the platform can read, newest first', async () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const outbox = createOutbox(join(folder, 'outbox'), () => new Date((nowMs += 1_000)));
  expect(await outbox.list(10)).toEqual([]);
  await outbox.send(mail);
  await outbox.send({ ...mail, subject: 'Another' });
  const listed = await outbox.list(10);
  expect(listed.map(({ subject }) => subject)).toEqual(['Another', 'A link']);
  expect(listed[1]).toMatchObject({ ...mail, at: new Date('2026-01-01T00:00:01Z') });
  for (const name of await readdir(join(folder, 'outbox'))) expect((await stat(join(folder, 'outbox', name))).mode & 0o077).toBe(0);
});

it('forgets the mail of one person, also what went to another address of theirs, and nobody else’s', async () => {
  const outbox = createOutbox(join(folder, 'outbox'));
  await outbox.forget({ userId: 'ada' });
  await outbox.send({ ...mail, userId: 'ada', subject: 'now' });
  await outbox.send({ ...mail, userId: 'ada', to: 'ada@old.example', subject: 'then' });
  await outbox.send({ ...mail, to: 'Ada@example.org', subject: 'of before mail told whose it is' });
  await outbox.send({ ...mail, userId: 'bob', to: 'bob@example.org', subject: 'about ada@example.org' });
  for (let times = 0; times < 2; times++) {
    await outbox.forget({ userId: 'ada', email: mail.to });
    expect((await outbox.list(10)).map(({ subject }) => subject)).toEqual(['about ada@example.org']);
  }
  // Somebody without an address gets nobody's mail deleted.
  await outbox.forget({ userId: 'eve' });
  expect(await readdir(join(folder, 'outbox'))).toHaveLength(1);
});

it('hands mail to a server over SMTP, with the login of the URL', async () => {
  const received: { from: string; to: string[]; text: string; user: string }[] = [];
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) => done(password === 'secret' ? null : new Error('no'), { user: username }),
    onData: (stream, { envelope, user }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        received.push({ from, to: envelope.rcptTo.map(({ address }) => address), text: Buffer.concat(chunks).toString(), user: String(user) });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  const from = 'mail@cyxwiz.example';
  await createSmtpMailer({ url: `smtp://cyx:secret@127.0.0.1:${port}`, from }).send(mail);
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({ from, to: [mail.to], user: 'cyx' });
  expect(received[0]?.text).toMatch(/Subject: A link[\s\S]*token=/);
  await expect(createSmtpMailer({ url: `smtp://cyx:wrong@127.0.0.1:${port}`, from }).send(mail)).rejects.toThrow(/login/i);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
