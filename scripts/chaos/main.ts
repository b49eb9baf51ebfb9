// `npm run chaos -- --jobs N --seed S --json F`: jobs with real money while everything breaks and some nodes lie.
// Exit 1 where one of the invariants of docs and DESIGN §12 broke.
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { TROUBLE_NAMES } from './plan/trouble.ts';

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
}

const program = new Command('npm run chaos --')
  .description('Runs jobs on a platform of its own while processes are killed, connections cut and nodes lie, and checks what must hold.')
  .option('--jobs <n>', 'how many', count, 20)
  .option('--seed <n>', 'of everything that is chosen', count, 1)
  .option('--json <file>', 'write the report as JSON')
  .option('--concurrency <n>', 'jobs at the same time', count, 3)
  .option('--only <kinds>', `kinds of trouble, with commas between: ${TROUBLE_NAMES.join(', ')}; a family (lie, kill, cut, chain) is all of its kinds`, (text) => text.split(','))
  .action(async ({ json, ...options }: Options) => {
    const { runCampaign } = await import('./run/campaign.ts');
    const report = await runCampaign({ ...options, say });
    await publish(json, report);
    for (const { invariant, jobId, why } of report.broken) say(`${invariant} ${jobId ?? ''}: ${why}`);
    say(report.ok ? 'every invariant holds' : 'NOT every invariant holds');
    process.exitCode = report.ok ? 0 : 1;
  });

async function publish(file: string | undefined, report: object): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  process.stdout.write(text);
  if (file !== undefined) await writeFile(resolve(file), text);
}

try {
  await program.parseAsync(process.argv);
  process.exit();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
