// `npm run chaos -- --jobs N --seed S --json F`: jobs with real money while everything breaks and some nodes lie.
// Exit 1 where one of the invariants of docs and DESIGN §12 broke.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { TROUBLE_NAMES } from './plan/trouble.ts';
import type { ProofReport } from './proofs/shared.ts';
import type { ChaosReport } from './report.ts';

const startedMs = performance.now();
const say = (line: string): void => void process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}\n`);

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is not a whole number above 0`);
  return value;
};

interface Options {
  readonly jobs: number;
  readonly seed: number;
  readonly json?: string;
  readonly concurrency: number;
  readonly only?: readonly string[];
  readonly proof?: ProofName;
  readonly runs: number;
  readonly seconds?: number;
}

/** What `--proof` knows, with the seconds that each takes by itself. */
const PROOF_SECONDS = { resume: 12, 'temporal-outage': 180, reset: 3, 'verification-cost': 60, 'checkpoint-cost': 25 } as const;
type ProofName = keyof typeof PROOF_SECONDS;

const proofName = (text: string): ProofName => {
  if (!Object.hasOwn(PROOF_SECONDS, text)) throw new Error(`There is no proof "${text}". Known: ${Object.keys(PROOF_SECONDS).join(', ')}`);
  return text as ProofName;
};

const program = new Command('npm run chaos --')
  .description('Runs jobs on a platform of its own while processes are killed, connections cut and nodes lie, and checks what must hold.')
  .option('--jobs <n>', 'how many', count, 20)
  .option('--seed <n>', 'of everything that is chosen', count, 1)
  .option('--json <file>', 'write the report as JSON')
  .option('--concurrency <n>', 'jobs at the same time', count, 3)
  .option('--only <kinds>', `kinds of trouble, with commas between: ${TROUBLE_NAMES.join(', ')}; a family (lie, kill, cut, chain) is all of its kinds`, (text) => text.split(','))
  .option('--proof <name>', `one of the long proofs instead: ${Object.keys(PROOF_SECONDS).join(', ')}`, proofName)
  .option('--runs <n>', 'of the proofs resume, verification-cost and checkpoint-cost (there: pairs)', count, 20)
  .option('--seconds <n>', 'of the outage, or of one training', count)
  .action(async ({ json, proof, ...options }: Options) => {
    const report = proof === undefined ? await campaign(options) : await prove(proof, options);
    await publish(json, report);
    for (const { invariant, jobId, why } of report.broken) say(`${invariant} ${jobId ?? ''}: ${why}`);
    say(report.ok ? 'everything holds' : 'NOT everything holds');
    process.exitCode = report.ok ? 0 : 1;
  });

async function campaign(options: Omit<Options, 'json' | 'proof'>): Promise<ChaosReport> {
  const { runCampaign } = await import('./run/campaign.ts');
  return runCampaign({ ...options, say });
}

async function prove(proof: ProofName, { seed, runs, seconds = PROOF_SECONDS[proof] }: Omit<Options, 'json' | 'proof'>): Promise<ProofReport> {
  const options = { seed, runs, seconds, say };
  switch (proof) {
    case 'resume':
      return (await import('./proofs/resume.ts')).proveResumption(options);
    case 'temporal-outage':
      return (await import('./proofs/temporal-outage.ts')).proveTemporalOutage(options);
    case 'reset':
      return (await import('./proofs/reset.ts')).proveReset(options);
    case 'verification-cost':
      return (await import('./proofs/verification-cost.ts')).proveVerificationCost(options);
    case 'checkpoint-cost':
      return (await import('./proofs/checkpoint-cost.ts')).proveCheckpointCost(options);
  }
}

async function publish(file: string | undefined, report: object): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  process.stdout.write(text);
  if (file !== undefined) await writeFile(resolve(file), text);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    say('Stopping …');
    void import('./arena/arena.ts').then(({ closeArenas }) => closeArenas()).finally(() => process.exit(130));
  });
}
try {
  await program.parseAsync(process.argv);
  process.exit();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
