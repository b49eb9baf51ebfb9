import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CyxError } from '#core/errors/cyx-error';
import type { LocalnetLog, LocalnetProgram } from '../options.ts';
import { TOKEN_PROGRAMS } from '../codec/token.ts';
import type { AccountImage, ChainRecord, ProgramRecord } from './records.ts';
import type { Svm } from './svm.ts';

export const SYSTEM_PROGRAM = '11111111111111111111111111111111';

/** Owners of the accounts that are there before the first transaction: programs, sysvars, feature switches, native mints. */
const GENESIS_OWNERS = [
  'NativeLoader1111111111111111111111111111111',
  'BPFLoader1111111111111111111111111111111111',
  'BPFLoader2111111111111111111111111111111111',
  'BPFLoaderUpgradeab1e11111111111111111111111',
  'LoaderV411111111111111111111111111111111111',
  'Sysvar1111111111111111111111111111111111111',
  'Config1111111111111111111111111111111111111',
  ...TOKEN_PROGRAMS,
];

/** 500 million SOL, about what mainnet started with. */
const FAUCET_LAMPORTS = 500_000_000_000_000_000n;

export function newGenesis(
  nowMs: number,
  programs: readonly ProgramRecord[],
): Extract<ChainRecord, { kind: 'genesis' }> {
  const secret = (): Uint8Array => new Uint8Array(randomBytes(32));
  return {
    kind: 'genesis',
    formatVersion: 1,
    genesisTimeMs: nowMs,
    hashSeed: secret(),
    faucetSeed: secret(),
    programs,
  };
}

export function faucetAccount(address: string): AccountImage {
  return { address, lamports: FAUCET_LAMPORTS, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0) };
}

export function genesisAddresses(svm: Svm): Set<string> {
  return new Set(GENESIS_OWNERS.flatMap((owner) => svm.programAccounts(owner)).map((image) => image.address));
}

/**
 * Loads the programs: those the caller names, and those the journal knows and the caller no longer names (accounts of
 * theirs exist). A file whose hash changed is an upgrade in place, logged; a missing file stops the start.
 */
export function loadPrograms(
  svm: Svm,
  wanted: readonly LocalnetProgram[],
  known: readonly ProgramRecord[],
  log: LocalnetLog,
): ProgramRecord[] {
  const paths = new Map(known.map((program) => [program.programId, program.soPath]));
  for (const program of wanted) paths.set(program.programId, program.soPath);
  const before = new Map(known.map((program) => [program.programId, program.sha256]));
  return [...paths].map(([programId, soPath]) => {
    const elf = readProgram(programId, soPath);
    const sha256 = createHash('sha256').update(elf).digest('hex');
    const old = before.get(programId);
    if (old !== undefined && old !== sha256) log('program.upgraded', { programId, soPath, from: old, to: sha256 });
    try {
      svm.addProgram(programId, elf);
    } catch (error) {
      throw new CyxError(
        'INVALID_INPUT',
        `${soPath} is not a program the chain can load as ${programId}: ${String(error)}`,
        { cause: error },
      );
    }
    return { programId, soPath, sha256 };
  });
}

export function samePrograms(a: readonly ProgramRecord[], b: readonly ProgramRecord[]): boolean {
  const text = (list: readonly ProgramRecord[]): string =>
    JSON.stringify(list.map((program) => [program.programId, program.soPath, program.sha256]).sort());
  return text(a) === text(b);
}

function readProgram(programId: string, soPath: string): Buffer {
  try {
    return readFileSync(soPath);
  } catch (error) {
    throw new CyxError(
      'NOT_FOUND',
      `The program ${programId} cannot be read from ${soPath}. Build the programs, or put the file back.`,
      { cause: error },
    );
  }
}
