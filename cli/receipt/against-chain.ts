import { type Connection, PublicKey } from '@solana/web3.js';
import type { ReceiptEventOf, ReceiptKind, ReceiptLine } from '#core/receipt/events';
import { uuidToBytes } from '#programs/clients/ts/bytes';
import { decodeEscrow, decodeEscrowConfig, type EscrowAccount, type EscrowConfigAccount } from '#programs/clients/ts/job-escrow';
import { decodeNode, decodeRegistryConfig } from '#programs/clients/ts/node-registry';
import { findAssociatedTokenAddress, findEscrowConfigPda, findEscrowPda, findEscrowVaultPda, findNodePda, findRegistryConfigPda, findStakeVaultPda } from '#programs/clients/ts/pda';
import { JOB_ESCROW_PROGRAM_ID, NODE_REGISTRY_PROGRAM_ID } from '#programs/clients/ts/program-ids';
import { DRAW_AFTER_SLOTS } from '#core/verification/draw';
import { answered, createTransactionReader, type SeenTransaction } from './transactions.ts';

/** What the chain does not confirm; `line` counts from 1. */
export interface Disagreement {
  readonly line: number;
  readonly reason: string;
}

type Header = ReceiptEventOf<'header'>['facts'];

interface Check {
  readonly connection: Connection;
  readonly header: Header;
  readonly lines: readonly ReceiptLine[];
  readonly address: PublicKey;
  readonly vault: PublicKey;
  readonly escrow: EscrowAccount | null;
  readonly transaction: (signature: string) => Promise<SeenTransaction | string>;
}

/**
 * Compares a receipt, which holds by itself, with the chain: who signed it, every transaction with what its line says that
 * it did, the blocks of the draws, and the escrow's account as it was left. Sorted by line; empty where all of it holds.
 */
export async function compareWithChain(connection: Connection, lines: readonly ReceiptLine[], signerHex: string): Promise<Disagreement[]> {
  const header = lines[0]!.facts as Header;
  const config = await deploymentOf(connection);
  if (config === null) return [{ line: 1, reason: 'the programs are not on this chain' }];
  const address = findEscrowPda({ requester: new PublicKey(header.requester), jobId: uuidToBytes(header.jobId) }).address;
  const account = await data(connection, address);
  const check: Check = {
    connection,
    header,
    lines,
    address,
    vault: findEscrowVaultPda(address).address,
    escrow: account === null ? null : decodeEscrow(account),
    transaction: createTransactionReader(connection),
  };
  const found: Disagreement[] = [...wrongHeader(check, config), ...wrongEscrow(check)];
  if (Buffer.from(config.escrow.authority.toBytes()).toString('hex') !== signerHex) {
    found.push({ line: lines.length + 1, reason: `it is not signed by ${config.escrow.authority.toBase58()}, the key that the escrow program obeys` });
  }
  for (const line of lines) {
    const reason = await wrongLine(check, line);
    if (reason !== null) found.push({ line: line.index + 1, reason });
  }
  return found.sort((a, b) => a.line - b.line);
}

interface Deployment {
  readonly escrow: EscrowConfigAccount;
  readonly insuranceOwner: PublicKey;
}

async function deploymentOf(connection: Connection): Promise<Deployment | null> {
  const [escrow, registry] = await Promise.all([data(connection, findEscrowConfigPda().address), data(connection, findRegistryConfigPda().address)]);
  return escrow === null || registry === null ? null : { escrow: decodeEscrowConfig(escrow), insuranceOwner: decodeRegistryConfig(registry).insuranceOwner };
}

async function data(connection: Connection, address: PublicKey): Promise<Uint8Array | null> {
  const info = await answered(() => connection.getAccountInfo(address, 'confirmed'));
  return info === null || info.data.length === 0 ? null : new Uint8Array(info.data);
}

function wrongHeader({ header, address }: Check, { escrow, insuranceOwner }: Deployment): Disagreement[] {
  const expected: readonly [keyof Header, PublicKey][] = [
    ['escrow', address],
    ['jobEscrowProgram', JOB_ESCROW_PROGRAM_ID],
    ['nodeRegistryProgram', NODE_REGISTRY_PROGRAM_ID],
    ['mint', escrow.mint],
    ['treasuryOwner', escrow.treasuryOwner],
    ['insuranceOwner', insuranceOwner],
  ];
  return expected.filter(([name, key]) => header[name] !== key.toBase58()).map(([name, key]) => ({ line: 1, reason: `${name} is ${key.toBase58()} on chain` }));
}

/** The account stays when the escrow is settled: what it says at the end is what the lines must come to. */
function wrongEscrow({ escrow, lines }: Check): Disagreement[] {
  const lock = find(lines, 'lock');
  const end = lines.length;
  if (escrow === null) return lock === undefined ? [] : [{ line: lock.index + 1, reason: 'there is no such escrow on chain' }];
  if (lock === undefined) return [{ line: end, reason: `${escrow.amountBase} base units were locked, which no line tells of` }];
  const found: Disagreement[] = [];
  if (lock.facts.amountBase !== escrow.amountBase.toString()) found.push({ line: lock.index + 1, reason: `the escrow on chain is of ${escrow.amountBase} base units` });
  const settled = find(lines, 'payout') === undefined ? 'refunded' : 'released';
  if (escrow.status !== settled) found.push({ line: end, reason: `the escrow is ${escrow.status} on chain` });
  for (const attempt of escrow.attempts) {
    const isTold = lines.some((line) => line.kind === 'assignment' && line.facts.attempt === attempt.attempt);
    if (!isTold) found.push({ line: end, reason: `attempt ${attempt.attempt} is on chain, but no line tells of it` });
  }
  return found;
}

async function wrongLine(check: Check, line: ReceiptLine): Promise<string | null> {
  const attempt = 'attempt' in line.facts ? check.escrow?.attempts[line.facts.attempt - 1] : undefined;
  if ('attempt' in line.facts && attempt === undefined) return `attempt ${line.facts.attempt} is not on chain`;
  const onChain = attempt === undefined ? null : wrongAttempt(line, attempt);
  if (onChain !== null) return onChain;
  if (line.kind === 'draw') return wrongBlock(check, line.facts);
  if (line.signature === undefined) return null;
  const transaction = await check.transaction(line.signature);
  if (typeof transaction === 'string') return transaction;
  return (await wrongEffect(check, line, transaction)) ?? null;
}

function wrongAttempt(line: ReceiptLine, attempt: EscrowAccount['attempts'][number]): string | null {
  const differs = (name: string, said: string | null, is: string | null): string | null => (said === is ? null : `its ${name} is ${is ?? 'not set'} on chain`);
  switch (line.kind) {
    case 'assignment': {
      const { nodeId, nodeAccount, drawHash } = line.facts;
      if (findNodePda(uuidToBytes(nodeId)).address.toBase58() !== nodeAccount) return 'the account does not belong to this node';
      return differs('node', nodeAccount, attempt.node.toBase58()) ?? differs('draw hash', drawHash, hexOrNull(attempt.drawHash)) ?? differs('time', line.at, instant(attempt.assignedAt));
    }
    case 'commit':
      return differs('root', line.facts.root, hexOrNull(attempt.root)) ?? differs('slot', line.facts.slot, attempt.commitSlot.toString()) ?? differs('time', line.at, instant(attempt.committedAt));
    case 'closed':
      return differs('outcome', line.facts.outcome, attempt.outcome) ?? differs('evidence', line.facts.evidenceHash, hexOrNull(attempt.evidenceHash)) ?? (line.facts.banned === attempt.banned ? null : 'the ban is not what is on chain');
    default:
      return null;
  }
}

/** The block of a draw is the first one at or after its slot, and has the hash that the line says. */
async function wrongBlock({ connection, lines }: Check, facts: ReceiptEventOf<'draw'>['facts']): Promise<string | null> {
  const commit = lines.find((line) => line.kind === 'commit' && line.facts.attempt === facts.attempt) as ReceiptEventOf<'commit'> | undefined;
  const earliest = Number(BigInt(commit?.facts.slot ?? '0') + DRAW_AFTER_SLOTS);
  const slot = Number(facts.slot);
  const [first] = await answered(() => connection.getBlocks(earliest, slot, 'confirmed'));
  if (first !== slot) return first === undefined ? `the chain shows no block at slot ${slot}` : `the first block for it is at slot ${first}`;
  const block = await answered(() => connection.getBlock(slot, { commitment: 'confirmed', transactionDetails: 'none', rewards: false, maxSupportedTransactionVersion: 0 }));
  return block?.blockhash === facts.blockhash ? null : `the block at slot ${slot} has the hash ${block?.blockhash ?? '(none)'}`;
}

async function wrongEffect(check: Check, line: ReceiptLine, transaction: SeenTransaction): Promise<string | null> {
  const { header, address, vault, connection } = check;
  const token = (owner: string): PublicKey => findAssociatedTokenAddress({ owner: new PublicKey(owner), mint: new PublicKey(header.mint) });
  const moved = (account: PublicKey, base: bigint): string | null => {
    const isBase = transaction.tokenDeltaBase(account);
    return isBase === base ? null : `its transaction changed ${account.toBase58()} by ${isBase} base units, not by ${base}`;
  };
  const did = (...[instruction, attempt]: [Parameters<SeenTransaction['did']>[0], number?]): string | null =>
    transaction.did(instruction, address, attempt) ? null : `its transaction did no ${instruction} for this escrow`;
  const amountBase = 'amountBase' in line.facts ? BigInt(line.facts.amountBase) : 0n;
  switch (line.kind) {
    case 'lock':
      return did('createEscrow') ?? moved(vault, amountBase) ?? moved(token(header.requester), -amountBase);
    case 'assignment':
      return did('assignNode', line.facts.attempt);
    case 'commit':
      return did('commitResult', line.facts.attempt);
    case 'closed':
      return did(line.facts.outcome === 'completed' ? 'releasePayment' : 'failAttempt', line.facts.attempt);
    case 'slash':
      return did('failAttempt', line.facts.attempt) ?? moved(findStakeVaultPda(new PublicKey(line.facts.from.slice('stake:'.length))).address, -amountBase) ?? moved(token(header.insuranceOwner), amountBase);
    case 'payout': {
      const owner = line.facts.to.slice('wallet:'.length);
      const node = await data(connection, check.escrow!.attempts[line.facts.attempt - 1]!.node);
      if (node === null || decodeNode(node).owner.toBase58() !== owner) return "the wallet is not that of the node's owner";
      return did('releasePayment', line.facts.attempt) ?? moved(token(owner), amountBase) ?? moved(vault, -sweptBase(check));
    }
    case 'fee':
      return did('releasePayment', line.facts.attempt) ?? moved(token(header.treasuryOwner), amountBase);
    case 'refund':
      return did('refund') ?? moved(token(header.requester), amountBase) ?? moved(vault, -sweptBase(check));
    case 'donation':
      return moved(vault, -sweptBase(check));
    default:
      return null;
  }
}

/** Settlement takes out everything: what was locked, and what anybody else had sent. */
function sweptBase({ lines }: Check): bigint {
  return BigInt(find(lines, 'lock')?.facts.amountBase ?? '0') + BigInt(find(lines, 'donation')?.facts.amountBase ?? '0');
}

function find<K extends ReceiptKind>(lines: readonly ReceiptLine[], kind: K): (ReceiptEventOf<K> & { readonly index: number }) | undefined {
  return lines.find((line) => line.kind === kind) as (ReceiptEventOf<K> & { readonly index: number }) | undefined;
}

function hexOrNull(bytes: Uint8Array): string | null {
  return bytes.every((byte) => byte === 0) ? null : Buffer.from(bytes).toString('hex');
}

function instant(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString();
}
