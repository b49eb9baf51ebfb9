import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PublicKey } from '@solana/web3.js';
import { DATASET_REGISTRY_PROGRAM_ID, JOB_ESCROW_PROGRAM_ID, NODE_REGISTRY_PROGRAM_ID } from './program-ids.ts';

/** A built program as the localnet's genesis takes it. */
export interface ProgramOnDisk {
  readonly name: 'job-escrow' | 'node-registry' | 'dataset-registry';
  readonly programId: PublicKey;
  /** Absolute path of the `.so`. */
  readonly soPath: string;
}

const COMMITTED_DIR = fileURLToPath(new URL('../../bin/', import.meta.url));

/**
 * The three programs' files (Node only). @param dir folder with the `.so` files; the committed ones when left out.
 * Throws when a file is missing.
 */
export function programsOnDisk({ dir }: { readonly dir?: string } = {}): ProgramOnDisk[] {
  const folder = resolve(dir ?? COMMITTED_DIR);
  const programs = [
    { name: 'job-escrow', programId: JOB_ESCROW_PROGRAM_ID },
    { name: 'node-registry', programId: NODE_REGISTRY_PROGRAM_ID },
    { name: 'dataset-registry', programId: DATASET_REGISTRY_PROGRAM_ID },
  ] as const;
  return programs.map((program) => {
    const soPath = join(folder, `${program.name.replaceAll('-', '_')}.so`);
    if (!existsSync(soPath)) throw new Error(`${soPath} is missing: build the programs with npm run programs:build`);
    return { ...program, soPath };
  });
}
