/**
 * Custom error codes of the three programs (see `programs/shared/src/error.rs`), with a text for people. The codes
 * of one program never overlap another's, so a code from inside a CPI still says where it came from.
 */
export const PROGRAM_ERRORS = {
  // any program
  100: { name: 'MalformedData', text: 'The instruction data is not what this instruction takes.' },
  101: { name: 'NotEnoughAccounts', text: 'An account is missing from the instruction.' },
  102: { name: 'MissingSigner', text: 'A required signature is missing.' },
  103: { name: 'NotWritable', text: 'An account must be writable.' },
  104: { name: 'WrongOwner', text: 'An account belongs to another program.' },
  105: { name: 'WrongKind', text: 'An account is of another kind or layout version.' },
  106: { name: 'WrongAddress', text: 'An account is not at its derived or recorded address.' },
  107: { name: 'WrongProgram', text: 'A program account is not the expected program.' },
  108: { name: 'AlreadyExists', text: 'The account exists already.' },
  109: { name: 'WrongAuthority', text: 'The signer may not do this.' },
  110: { name: 'WrongMint', text: 'A token account or mint is not of the CYXWIZ mint.' },
  111: { name: 'WrongTokenOwner', text: "A token account does not belong to the recipient or the vault's program." },
  112: { name: 'MintCanFreeze', text: 'A mint with a freeze authority is refused.' },
  113: { name: 'BadMint', text: 'The mint is not an initialised classic SPL Token mint with 9 decimals.' },
  114: { name: 'Overflow', text: 'An amount or a time left its range.' },
  115: { name: 'AmountIsZero', text: 'The amount must be above zero.' },
  // job-escrow
  1000: { name: 'NotLocked', text: 'The escrow is settled already.' },
  1001: { name: 'BadExpiry', text: 'The expiry must lie ahead and within 30 days of the creation.' },
  1002: { name: 'AttemptOutOfOrder', text: 'This is not the next or the open attempt.' },
  1003: { name: 'AttemptOpen', text: 'The attempt before has no outcome yet.' },
  1004: { name: 'AttemptsExhausted', text: 'The escrow has had all of its attempts.' },
  1005: { name: 'AttemptClosed', text: 'The attempt has its outcome already.' },
  1006: { name: 'AlreadyCommitted', text: 'A result is committed already.' },
  1007: { name: 'NotCommitted', text: 'No result is committed, so nothing can be paid.' },
  1008: { name: 'Expired', text: 'The escrow has expired.' },
  1009: { name: 'NotExpired', text: 'The requester can take the tokens back only after the expiry.' },
  1010: { name: 'VerdictPending', text: 'A committed result waits for its verdict; try again after the verify deadline.' },
  1011: { name: 'BadVerifyDeadline', text: 'The verify deadline must lie ahead, at most 7 days.' },
  1012: { name: 'BadReason', text: 'Unknown reason, missing evidence, or a ban without fault.' },
  1013: { name: 'SelfAssignment', text: "A job can not go to its requester's own node." },
  1014: { name: 'WrongNode', text: 'The node is not the one of this attempt.' },
  1015: { name: 'RootIsZero', text: "The result's root must not be zero." },
  // node-registry
  2000: { name: 'StakeBelowMinimum', text: 'A node needs a stake of at least 100 CYXWIZ.' },
  2001: { name: 'NodeNotActive', text: 'The node is slashed, banned or withdrawn.' },
  2002: { name: 'Unstaking', text: 'The node is unstaking.' },
  2003: { name: 'ExposureAboveStake', text: "The node's open escrows would exceed its stake." },
  2004: { name: 'TooManyOpen', text: 'The node has too many open attempts.' },
  2005: { name: 'AttemptNotOpen', text: 'The attempt is not on the books of this node.' },
  2006: { name: 'NotFromEscrow', text: 'Only job-escrow may do this, signed by the escrow itself.' },
  2007: { name: 'BanTooEarly', text: 'A ban needs three failures in a row.' },
  2008: { name: 'NodeBanned', text: 'The node is banned for ever.' },
  2009: { name: 'NotUnstaking', text: 'The node is not unstaking.' },
  2010: { name: 'StillLocked', text: 'The stake is locked for 7 days after begin_unstake.' },
  2011: { name: 'HasOpenAttempts', text: 'The node has open jobs; the stake stays until they have their outcome.' },
  2012: { name: 'NothingStaked', text: 'The node has no stake.' },
  2013: { name: 'BadSlashStep', text: 'Only 10 %, 25 % and the whole stake may be slashed.' },
  // dataset-registry
  3000: { name: 'BadCid', text: 'The CID must be version 1 with a sha2-256 multihash.' },
} as const satisfies Record<number, { name: string; text: string }>;

export type ProgramErrorCode = keyof typeof PROGRAM_ERRORS;
export type ProgramErrorName = (typeof PROGRAM_ERRORS)[ProgramErrorCode]['name'];

/** The entry of a custom error code, or undefined when it is not one of ours (SPL Token's are below 20). */
export function explainProgramError(code: number): { readonly name: ProgramErrorName; readonly text: string } | undefined {
  return Object.hasOwn(PROGRAM_ERRORS, code) ? PROGRAM_ERRORS[code as ProgramErrorCode] : undefined;
}

/** The number behind a name, for tests and for callers that branch on one error. */
export function programErrorCode(name: ProgramErrorName): number {
  const entry = Object.entries(PROGRAM_ERRORS).find(([, value]) => value.name === name);
  if (!entry) throw new RangeError(`No program error is called ${name}`);
  return Number(entry[0]);
}

/** Finds the custom code in web3.js' `TransactionError` value (`{ InstructionError: [0, { Custom: 1000 }] }`). */
export function customErrorCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('InstructionError' in error)) return undefined;
  const detail = Array.isArray(error.InstructionError) ? (error.InstructionError[1] as unknown) : undefined;
  if (typeof detail !== 'object' || detail === null || !('Custom' in detail)) return undefined;
  return typeof detail.Custom === 'number' ? detail.Custom : undefined;
}
