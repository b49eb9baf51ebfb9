// `npm run proof -- NAME --json FILE`: the long proofs. Exit 1 where one of their checks does not hold.
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { checksJson } from './keras/check.ts';
import type { KerasProofSizes } from './keras/proof.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`"${text}" is not a whole number`);
  return value;
};

const program = new Command('npm run proof --').description('Proves what tests sample.');

program
  .command('keras')
  .description('the engine against Keras, against itself, and over many steps')
  .option('--json <file>', 'write the report as JSON')
  .option('--python <path>', 'an interpreter that imports TensorFlow 2.15; else one is set up')
  .option('--seed <n>', 'of weights, batches, random graphs and interruptions', count, 20_241)
  .option('--threads <n>', 'of TensorFlow, on both sides', count, availableParallelism())
  .option('--graphs <n>', 'random graphs', count, 200)
  .option('--curve-steps <n>', 'steps of each training curve', count, 200)
  .option('--runs <n>', 'repetitions of the whole trainer', count, 10)
  .option('--interruptions <n>', 'interrupted and resumed runs', count, 5)
  .option('--soak-steps <n>', 'steps over which memory is watched', count, 20_000)
  .option('--only <part...>', 'layers, graphs, curves, determinism, leak')
  .action(async ({ json, ...sizes }: { json?: string } & KerasProofSizes) => {
    const { proveAgainstKeras } = await import('./keras/proof.ts');
    const at = new Date().toISOString();
    const { checks, versions } = await proveAgainstKeras(sizes, process.env, say);
    const ok = checks.length > 0 && checks.every((check) => check.ok);
    const report = { name: 'keras', at, seed: sizes.seed, threads: sizes.threads, versions, checks: checksJson(checks), ok };
    if (json !== undefined) await writeFile(resolve(json), `${JSON.stringify(report, null, 2)}\n`);
    say(ok ? 'every check holds' : 'NOT every check holds');
    process.exitCode = ok ? 0 : 1;
  });

program
  .command('record')
  .description('asks Keras anew for the answers that tests compare with (scripts/reference/fixtures)')
  .option('--python <path>', 'an interpreter that imports TensorFlow 2.15; else one is set up')
  .option('--seed <n>', 'of weights and batches', count, 20_241)
  .action(async ({ python, seed }: { python?: string; seed: number }) => {
    const { recordFixtures } = await import('../reference/fixtures.ts');
    const { referencePython } = await import('../reference/environment.ts');
    const { Keras } = await import('../reference/keras.ts');
    const keras = new Keras(await referencePython({ python, log: say }), { threads: 1, env: process.env });
    const names = await recordFixtures(keras, seed).finally(() => keras.close());
    say(`recorded ${names.join(', ')}`);
  });

program
  .command('openapi')
  .description('the REST API against its own description, with all of schemathesis’ checks')
  .option('--examples <n>', 'for each operation and phase', count, 30)
  .option('--seed <n>', 'of what is sent', count, 1)
  .option('--path <regex>', 'only operations whose path matches')
  .action(async (sizes: import('./openapi/proof.ts').OpenapiProofSizes) => {
    const { proveOpenapi } = await import('./openapi/proof.ts');
    const ok = await proveOpenapi(sizes, say);
    say(ok ? 'every check holds' : 'NOT every check holds');
    process.exitCode = ok ? 0 : 1;
  });

// Started by the proof itself: what is repeated or interrupted has a process of its own.
program.command('runs', { hidden: true }).action(async () => {
  const { serveRuns } = await import('./keras/run.ts');
  await serveRuns();
});

try {
  await program.parseAsync(process.argv);
  process.exit();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
