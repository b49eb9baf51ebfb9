import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { stackConfig } from './platform.ts';

/** The link in the newest mail to this address that leads to this page: the platform keeps its mail where no server is named. */
export async function mailedLink(to: string, path: string): Promise<string> {
  const { home, publicUrls } = stackConfig();
  const line = new RegExp(`^${publicUrls.web}/${path}\\?token=\\S+$`, 'm');
  return vi.waitFor(
    async () => {
      const folder = join(home, 'outbox');
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort().reverse();
      const mails = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as { to: string; text: string }));
      const link = mails.filter((mail) => mail.to === to).flatMap(({ text }) => line.exec(text) ?? [])[0];
      expect(link).toBeDefined();
      return link!;
    },
    { timeout: 10_000 },
  );
}
