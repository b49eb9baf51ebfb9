import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file so that readers see all of it or none, also after a power cut: the bytes are on disk before the
 * name is.
 */
export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const part = `${path}.part`;
  try {
    const file = await open(part, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    // On a full disk what is of no use must not take the room of what comes next.
    await rm(part, { force: true });
    throw error;
  }
}
