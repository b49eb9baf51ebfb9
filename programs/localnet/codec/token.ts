import type { AccountImage } from '../chain/records.ts';
import { encodeBase58 } from './base58.ts';

export const TOKEN_PROGRAM = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
export const TOKEN_2022_PROGRAM = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
export const TOKEN_PROGRAMS: readonly string[] = [TOKEN_PROGRAM, TOKEN_2022_PROGRAM];

const MINT_BYTES = 82;
const ACCOUNT_BYTES = 165;
const MULTISIG_BYTES = 355;
/** Token-2022 writes the kind of an extended account behind the largest base layout. */
const KIND_OFFSET = ACCOUNT_BYTES;
const KIND = { mint: 1, account: 2 } as const;

export interface TokenMint {
  readonly kind: 'mint';
  readonly mintAuthority: string | null;
  readonly supplyBase: bigint;
  readonly decimals: number;
  readonly isInitialized: boolean;
  readonly freezeAuthority: string | null;
}

export interface TokenAccount {
  readonly kind: 'account';
  readonly mint: string;
  readonly owner: string;
  readonly amountBase: bigint;
  readonly delegate: string | null;
  readonly state: 'initialized' | 'frozen';
  /** Rent kept in a wrapped-SOL account; null for every other mint. */
  readonly nativeReserveLamports: bigint | null;
  readonly delegatedBase: bigint;
  readonly closeAuthority: string | null;
}

export function isTokenProgram(programId: string): boolean {
  return TOKEN_PROGRAMS.includes(programId);
}

/** Mint or token account of either token program; undefined for anything else, uninitialised accounts too. */
export function parseToken(image: AccountImage): TokenMint | TokenAccount | undefined {
  if (!isTokenProgram(image.owner)) return undefined;
  const data = Buffer.from(image.data.buffer, image.data.byteOffset, image.data.byteLength);
  const isExtended = image.owner === TOKEN_2022_PROGRAM && data.length > KIND_OFFSET && data.length !== MULTISIG_BYTES;
  const kind = isExtended ? data[KIND_OFFSET] : undefined;
  if (data.length === MINT_BYTES || kind === KIND.mint) return parseMint(data);
  if (data.length === ACCOUNT_BYTES || kind === KIND.account) return parseAccount(data);
  return undefined;
}

export function parseTokenAccount(image: AccountImage | undefined): TokenAccount | undefined {
  const token = image === undefined ? undefined : parseToken(image);
  return token?.kind === 'account' ? token : undefined;
}

export function parseTokenMint(image: AccountImage | undefined): TokenMint | undefined {
  const token = image === undefined ? undefined : parseToken(image);
  return token?.kind === 'mint' ? token : undefined;
}

/** An amount the way the RPC writes it; `uiAmountString` is exact, `uiAmount` a float for display. */
export function uiTokenAmount(amountBase: bigint, decimals: number): Record<string, unknown> {
  const digits = amountBase.toString().padStart(decimals + 1, '0');
  const fraction = decimals === 0 ? '' : digits.slice(-decimals).replace(/0+$/, '');
  const whole = digits.slice(0, digits.length - decimals);
  const uiAmountString = fraction === '' ? whole : `${whole}.${fraction}`;
  return { amount: amountBase.toString(), decimals, uiAmount: Number(uiAmountString), uiAmountString };
}

function parseMint(data: Buffer): TokenMint | undefined {
  if (data[45] !== 1) return undefined;
  return {
    kind: 'mint',
    mintAuthority: optionalKey(data, 0),
    supplyBase: data.readBigUInt64LE(36),
    decimals: data[44]!,
    isInitialized: true,
    freezeAuthority: optionalKey(data, 46),
  };
}

function parseAccount(data: Buffer): TokenAccount | undefined {
  const state = data[108];
  if (state !== 1 && state !== 2) return undefined;
  return {
    kind: 'account',
    mint: key(data, 0),
    owner: key(data, 32),
    amountBase: data.readBigUInt64LE(64),
    delegate: optionalKey(data, 72),
    state: state === 1 ? 'initialized' : 'frozen',
    nativeReserveLamports: data.readUInt32LE(109) === 1 ? data.readBigUInt64LE(113) : null,
    delegatedBase: data.readBigUInt64LE(121),
    closeAuthority: optionalKey(data, 129),
  };
}

function key(data: Buffer, at: number): string {
  return encodeBase58(data.subarray(at, at + 32));
}

/** A COption of the program: a u32 that is 1 where the key behind it counts. */
function optionalKey(data: Buffer, at: number): string | null {
  return data.readUInt32LE(at) === 1 ? key(data, at + 4) : null;
}
