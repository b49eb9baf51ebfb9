import { createPublicKey, verify } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Connection } from '@solana/web3.js';
import { Command } from 'commander';
import pc from 'picocolors';
import { formatCyxwiz } from '#core/money/amount';
import type { ReceiptLine } from '#core/receipt/events';
import { verifyReceipt, type VerifiedReceipt } from '#core/receipt/receipt';
import { compareWithChain, type Disagreement } from '../receipt/against-chain.ts';
import { readInput, withClient, type CliContext } from '../context.ts';

export function receiptCommand(context: () => CliContext): Command {
  return new Command('receipt')
    .description('why each token of an ended job moved')
    .argument('<job>')
    .option('--out <file>', 'write the receipt there instead of printing it')
    .option('--json', 'print JSON, for programs')
    .action((jobId: string, { out }: { out?: string }) =>
      withClient(context(), async (client) => {
        const receipt = await client.receipt(jobId);
        // Its bytes are what was signed: they are printed as they are.
        if (out === undefined) return void process.stdout.write(receipt);
        await writeFile(out, receipt);
        context().print({ jobId, file: out }, [out]);
      }),
    )
    .addCommand(verifyCommand(context));
}

/** Exits with 1 where a line does not hold, and names it. */
function verifyCommand(context: () => CliContext): Command {
  return new Command('verify')
    .description('check a receipt by itself and against the chain')
    .argument('<file>')
    .option('--rpc <url>', "the chain's JSON-RPC; without it, the configured one")
    .option('--offline', 'check the receipt by itself alone', false)
    .action(async (file: string, { rpc, offline }: { rpc?: string; offline: boolean }) => {
      const { config, print } = context();
      const verified = await verifyReceipt(await readInput(file), { verifySignature });
      const found = verified.ok ? await chainDisagreements(verified, offline ? null : (rpc ?? config.solanaRpcUrl)) : [{ line: verified.line, reason: verified.reason }];
      const ok = found.length === 0;
      print(
        { ok, checkedAgainstChain: verified.ok && !offline, headHex: verified.ok ? verified.headHex : null, problems: found },
        [...(verified.ok ? verified.lines.map((line) => told(line, found)) : []), ...found.map(({ line, reason }) => `${pc.red('✗')} line ${line}: ${reason}`), ...(ok && verified.ok ? [summary(verified, offline)] : [])],
      );
      if (!ok) process.exitCode = 1;
    });
}

type Verified = Extract<VerifiedReceipt, { ok: true }>;

async function chainDisagreements({ lines, signerHex }: Verified, rpcUrl: string | null): Promise<Disagreement[]> {
  if (rpcUrl === null) return [];
  return compareWithChain(new Connection(rpcUrl, { commitment: 'confirmed', disableRetryOnRateLimit: true }), lines, signerHex);
}

function summary({ headHex }: Verified, offline: boolean): string {
  const where = offline ? 'by itself; the chain was not asked' : 'by itself and on chain';
  return `${pc.green('✓')} every line holds, ${where}. Head ${headHex}`;
}

function told(line: ReceiptLine, found: readonly Disagreement[]): string {
  const mark = found.some((entry) => entry.line === line.index + 1) ? pc.red('✗') : pc.green('✓');
  return `${mark} ${String(line.index + 1).padStart(2)}  ${line.at}  ${line.kind.padEnd(10)}  ${words(line)}`;
}

function words(line: ReceiptLine): string {
  if ('from' in line.facts) return `${formatCyxwiz(BigInt(line.facts.amountBase))} CYXWIZ  ${line.facts.from} → ${line.facts.to}`;
  switch (line.kind) {
    case 'header':
      return `job ${line.facts.jobId}`;
    case 'quote':
      return `${formatCyxwiz(BigInt(line.facts.amountBase))} CYXWIZ at most`;
    case 'assignment':
      return `attempt ${line.facts.attempt} to node ${line.facts.nodeId}`;
    case 'commit':
      return `attempt ${line.facts.attempt}: root ${line.facts.root}`;
    case 'draw':
      return `attempt ${line.facts.attempt}: ${line.facts.segments.length} segment(s) to re-execute, by the block at slot ${line.facts.slot}`;
    case 'verdict':
      return `attempt ${line.facts.attempt}: ${line.facts.verifierId} found it ${line.facts.valid ? 'valid' : `not valid: ${line.facts.reason}`}`;
    case 'closed':
      return `attempt ${line.facts.attempt} ended ${line.facts.outcome}${line.facts.reason === '' ? '' : `: ${line.facts.reason}`}`;
    case 'end':
      return `${line.facts.state}${line.facts.reason === null ? '' : ` (${line.facts.reason})`}`;
    default:
      return '';
  }
}

/** Opens what SPKI puts around the 32 bytes of an Ed25519 key. */
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** WebCrypto has Ed25519 too, but warns about it on this Node. */
function verifySignature({ publicKey, message, signature }: { publicKey: Uint8Array; message: Uint8Array; signature: Uint8Array }): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_ED25519, publicKey]), format: 'der', type: 'spki' });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
