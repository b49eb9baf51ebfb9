import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Keypair } from '@solana/web3.js';
import { z } from 'zod';
import { parseInput } from '#core/errors/from-zod';

const keypairSchema = z.array(z.int().min(0).max(255)).length(64);

/** Reads a keypair as Solana's own tools write it: a JSON array of 64 bytes. */
export function loadKeypair(file: string): Keypair {
  return Keypair.fromSecretKey(Uint8Array.from(parseInput(keypairSchema, JSON.parse(readFileSync(file, 'utf8')))));
}

/** A keypair of its own for one role, derived from a secret one: the same secret always gives the same. */
export function derivedKeypair(secret: Keypair, role: string): Keypair {
  return Keypair.fromSeed(createHash('sha256').update(secret.secretKey).update(`cyxwiz/${role}`).digest());
}

/** The key that may initialise the localnet's programs. It is published, since a localnet has nothing to lose. */
export function localnetDeployer(): Keypair {
  return Keypair.fromSeed(createHash('sha256').update('cyxwiz localnet deployer').digest());
}
