import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pc from 'picocolors';
import { createCyxWizClient, type CyxWizClient } from '#api/client/node';
import { type Config, parseConfig } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import { splitPayout } from '#core/money/split';
import { followLive } from './follow.ts';
import { type Balances, watchMoney } from './money.ts';
import { parseOptions } from './options.ts';
import { findOrStart, type Platform, waitForNode } from './platform.ts';
import { endpointsOf, type Facts, reportOf } from './report.ts';
import { digitsJob, downloadAndJudge, signUp, storeDigits } from './steps.ts';
import { amount, fact, heading, say, seconds } from './terminal.ts';

/** The demo's model has to recognise at least this share of digits that no node has seen. */
const GOAL_ACCURACY = 0.95;

/** Returns the exit code: 0 only where every check held. */
export async function runDemo(argv: readonly string[], startedAtMs: number): Promise<number> {
  const options = parseOptions(argv);
  const config = parseConfig(process.env);
  let platform: Platform | undefined;
  let report: Record<string, unknown>;
  try {
    heading('Starting the platform');
    platform = await findOrStart(config, (line) => say(`  ${pc.dim(line)}`));
    if (platform.wasUp) say('  It is up already, so it is used as it is.');
    report = await mainJob(config, Date.now() - startedAtMs);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`\n${pc.red('✗')} ${reason}`);
    if (!(error instanceof CyxError)) say(pc.dim(error instanceof Error ? (error.stack ?? '') : ''));
    report = { ok: false, reason, endpoints: endpointsOf(config) };
  }
  if (options.json !== undefined) await writeFile(resolve(options.json), `${JSON.stringify(report, null, 2)}\n`);
  if (options.keep && platform?.wasUp === false && report['ok'] === true) await keepUp(config);
  await platform?.stop();
  return report['ok'] === true ? 0 : 1;
}

async function mainJob(config: Config, stackReadyMs: number): Promise<Record<string, unknown>> {
  const client = createCyxWizClient({ httpUrl: config.publicUrls.web, grpcUrl: config.publicUrls.grpc, storageUrl: config.storageUrl });
  try {
    const facts = await runJob(config, client, stackReadyMs);
    check(facts);
    conclude(config, facts);
    return reportOf(config, facts);
  } finally {
    client.close();
  }
}

async function runJob(config: Config, client: CyxWizClient, stackReadyMs: number): Promise<Facts> {
  const folder = join(config.home, 'demo');
  heading('A user and a provider');
  const node = await waitForNode(config.publicUrls.web);
  const { user, address } = await signUp(client);
  fact('user', `${user.username}, wallet ${address}`);
  fact('provider’s node', `${node.nodeId} (${node.deviceName}), stake ${amount(node.stakeBase)}`);
  const money = await watchMoney(config, { user: address, nodeAccount: node.account });

  heading('Storing the dataset, encrypted, on 14 storage nodes');
  const { dataset, heldOutFile } = await storeDigits(client, folder);
  fact('digits', `${dataset.samples} to train on, ${dataset.heldOutSamples} held out`);
  fact('CID', dataset.cid);

  heading('A quote');
  const specification = await digitsJob(dataset.cid);
  const quotedAt = Date.now();
  const quote = await client.quote(specification);
  const quoteMs = Date.now() - quotedAt;
  fact('locked at most', `${amount(quote.amountBase)} (${amount(quote.nodeBase)} to the node, ${amount(quote.platformBase)} to the platform)`);
  fact('estimate', `${seconds(quote.estimatedDurationMs)} on one of ${quote.capableNodes} node(s)`);

  heading('The job');
  const before = await money.balances();
  const { jobId } = await client.submit({ requestId: randomUUID(), quoteId: quote.quoteId, specification, budgetBase: quote.amountBase });
  fact('job', `${jobId}  ${pc.dim(`${config.publicUrls.web}/jobs/${jobId}`)}`);
  const story = await followLive(client.follow(jobId));
  const job = await client.status(jobId);
  if (job.state !== 'COMPLETED') throw new CyxError('TRAINING_FAILED', `The job ended ${job.state}: ${job.endMessage ?? job.endReason ?? 'no reason given'}`);

  heading('The model');
  const model = await downloadAndJudge(client, { jobId, folder, heldOutFile });
  fact('file', model.file);
  fact('accuracy', `${pc.bold(`${(model.testAccuracy * 100).toFixed(2)} %`)} of ${dataset.heldOutSamples} digits that no node has seen`);
  return { job, story, dataset, model, node, before, after: await money.balances(), stackReadyMs, quoteMs };
}

/** Everything the demo claims, checked to the base unit. */
function check({ job, model, before, after }: Facts): void {
  const { nodeBase, platformBase } = splitPayout(job.amountBase);
  const moved = differences(before, after);
  const expected: Balances = { user: -job.amountBase, node: nodeBase, platform: platformBase };
  for (const purse of ['user', 'node', 'platform'] as const) {
    if (moved[purse] !== expected[purse]) {
      throw new CyxError('INTERNAL', `The ${purse}'s balance on chain moved by ${moved[purse]} base units instead of ${expected[purse]}`);
    }
  }
  if (model.testAccuracy < GOAL_ACCURACY) {
    throw new CyxError('RESULT_INVALID', `The model recognises ${(model.testAccuracy * 100).toFixed(2)} % of the held-out digits; at least ${GOAL_ACCURACY * 100} % was the goal`);
  }
  if (job.testAccuracy === null || Math.abs(job.testAccuracy - model.testAccuracy) > 1e-6) {
    throw new CyxError('RESULT_INVALID', 'The platform’s own measurement of the model differs from ours');
  }
}

function differences(before: Balances, after: Balances): Balances {
  return { user: after.user - before.user, node: after.node - before.node, platform: after.platform - before.platform };
}

function conclude(config: Config, { job, before, after }: Facts): void {
  heading('The money, on chain');
  for (const purse of ['user', 'node', 'platform'] as const) {
    const change = after[purse] - before[purse];
    fact(purse, `${amount(before[purse])} → ${amount(after[purse])}   ${change < 0n ? 'paid' : 'got'} ${amount(change < 0n ? -change : change)}`);
  }
  for (const transfer of job.transfers) fact(transfer.purpose, pc.dim(transfer.signature));
  heading('Look around');
  for (const [name, url] of Object.entries(endpointsOf(config))) fact(name, pc.cyan(url));
  fact('the workflow', pc.cyan(`${config.publicUrls.temporalUi}/namespaces/${config.temporal.namespace}/workflows/${job.workflowId}`));
  say(`\n${pc.green('✓')} ${pc.bold('Trained, verified and paid for: every check held.')}\n`);
}

async function keepUp(config: Config): Promise<void> {
  say(`The platform stays up at ${config.publicUrls.web}. Ctrl-C stops it.`);
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
}
