import { PublicKey, TransactionInstruction, type AccountMeta, type Keypair } from '@solana/web3.js';
import { describe, expect, test } from 'vitest';
import type { ProgramErrorName } from '#programs/clients/ts/errors';
import { keypair, type Chain } from './chain.ts';
import type { World } from './world.ts';

/** The eleven classes of coral-xyz/sealevel-attacks, by their names there, and what else we try. */
export type AttackClass =
  | 'signer authorization'
  | 'account data matching'
  | 'owner checks'
  | 'type cosplay'
  | 'initialization'
  | 'arbitrary cpi'
  | 'duplicate mutable accounts'
  | 'bump seed canonicalization'
  | 'pda sharing'
  | 'closing accounts'
  | 'sysvar address checking'
  | 'bad input';

/** A transaction that would succeed as it stands. */
export interface Scene {
  readonly world: World;
  readonly ix: TransactionInstruction;
  readonly signers: readonly Keypair[];
}

export interface Attack {
  readonly kind: AttackClass;
  readonly what: string;
  /** Turns the good transaction into a bad one. */
  readonly apply: (scene: Scene) => Partial<Scene>;
  readonly fault: ProgramErrorName;
}

/** First proves that the scene succeeds untouched, then that each attack on a fresh scene fails for the right reason. */
export function attackSuite(name: string, scene: () => Scene, attacks: readonly Attack[]): void {
  describe(name, () => {
    test('control: the untouched transaction succeeds', () => {
      const { world, ix, signers } = scene();
      expect(world.chain.send([ix], signers)).toMatchObject({ ok: true });
    });
    test.each(attacks)('$kind: $what', ({ apply, fault }) => {
      const good = scene();
      const { world, ix, signers } = { ...good, ...apply(good) };
      const outcome = world.chain.send([ix], signers);
      expect({ ok: outcome.ok, fault: outcome.fault, error: outcome.fault ? undefined : outcome.error }).toEqual({
        ok: false,
        fault,
        error: undefined,
      });
    });
  });
}

function edit(ix: TransactionInstruction, keys: AccountMeta[]): TransactionInstruction {
  return new TransactionInstruction({ programId: ix.programId, keys, data: ix.data });
}

function metaAt(ix: TransactionInstruction, index: number): AccountMeta {
  const meta = ix.keys[index];
  if (!meta) throw new RangeError(`no account ${index}`);
  return meta;
}

/** The instruction with another account at `index`. */
export function swap(ix: TransactionInstruction, index: number, pubkey: PublicKey): TransactionInstruction {
  const meta = metaAt(ix, index);
  return edit(ix, ix.keys.map((key) => (key === meta ? { ...key, pubkey } : key)));
}

/** The instruction without the signature at `index`, and the signers that are still needed. */
export function unsigned({ ix, signers }: Scene, index: number): Partial<Scene> {
  const { pubkey } = metaAt(ix, index);
  const keys = ix.keys.map((key, at) => (at === index ? { ...key, isSigner: false } : key));
  const needed = new Set(keys.filter((key) => key.isSigner).map((key) => key.pubkey.toBase58()));
  if (needed.has(pubkey.toBase58())) throw new Error('the key still signs at another place: the attack would be void');
  return { ix: edit(ix, keys), signers: signers.filter((signer) => needed.has(signer.publicKey.toBase58())) };
}

/** The instruction with the account at `index` read-only. */
export function locked(ix: TransactionInstruction, index: number): TransactionInstruction {
  return edit(ix, ix.keys.map((key, at) => (at === index ? { ...key, isWritable: false } : key)));
}

/** The instruction with extra accounts behind its own. */
export function append(ix: TransactionInstruction, ...pubkeys: PublicKey[]): TransactionInstruction {
  return edit(ix, [...ix.keys, ...pubkeys.map((pubkey) => ({ pubkey, isSigner: false, isWritable: false }))]);
}

/** The instruction with only its first `count` accounts. */
export function truncate(ix: TransactionInstruction, count: number): TransactionInstruction {
  return edit(ix, ix.keys.slice(0, count));
}

/** The instruction with its data changed. */
export function withData(ix: TransactionInstruction, change: (data: Uint8Array) => Uint8Array): TransactionInstruction {
  const data = change(Uint8Array.from(ix.data)) as unknown as Buffer;
  return new TransactionInstruction({ programId: ix.programId, keys: ix.keys, data });
}

/** Swaps the signer at `index` for the stranger, who does sign. */
export function strangerSigns({ world, ix, signers }: Scene, index: number): Partial<Scene> {
  return { ix: swap(ix, index, world.stranger.publicKey), signers: [...signers, world.stranger] };
}

/** An address that looks like the account at `from`, byte for byte, but belongs to `owner` (a stranger's program). */
export function forgedCopy(chain: Chain, from: PublicKey, owner: PublicKey = keypair('evil program').publicKey): PublicKey {
  const at = keypair(`copy of ${from.toBase58()}`).publicKey;
  const image = chain.account(from);
  if (!image) throw new Error('nothing to copy');
  chain.forge(at, { ...image, owner });
  return at;
}

/** A valid program address for `seeds` below the canonical bump, with that bump. */
export function nonCanonical(seeds: readonly Uint8Array[], programId: PublicKey): { address: PublicKey; bump: number } {
  const [, canonical] = PublicKey.findProgramAddressSync([...seeds], programId);
  for (let bump = canonical - 1; bump >= 0; bump -= 1) {
    try {
      return { address: PublicKey.createProgramAddressSync([...seeds, Uint8Array.of(bump)], programId), bump };
    } catch {
      // On the curve: not an address a program could sign for. The next bump is tried.
    }
  }
  throw new Error('no second bump');
}

export const EVIL_PROGRAM = keypair('evil program').publicKey;
