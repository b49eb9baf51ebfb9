import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { Job, JobUpdate, Specification } from '#api/client/node';
import { CyxError } from '#core/errors/cyx-error';
import { formatCyxwiz, parseCyxwiz } from '#core/money/amount';
import { JOB_STATES, type JobState } from '#core/job/machine';
import { numberOption, readInput, withClient, type CliContext } from '../context.ts';
import { hyperParametersOf, withHyperParameters, type HyperParameterOptions } from '../training/hyper-parameters.ts';

const FIRST_UPDATE_WITHIN_MS = 10_000;
const PAUSE_MS = 1_000;

interface SpecificationOptions extends HyperParameterOptions {
  readonly graph: string;
  readonly data: string;
  readonly device: string;
  readonly deadline: number;
}

export function jobCommand(context: () => CliContext): Command {
  return new Command('job')
    .description('quote, submit and follow training jobs')
    .addCommand(quoteCommand(context))
    .addCommand(submitCommand(context))
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(logsCommand(context))
    .addCommand(cancelCommand(context));
}

function withSpecification(command: Command): Command {
  command.requiredOption('--graph <file>', 'the model graph, JSON').requiredOption('--data <cid>', 'a dataset that you stored');
  return withHyperParameters(command)
    .option('--device <class>', 'cpu, or cuda.<8|16|24|48|80>g', 'cpu')
    .option('--deadline <minutes>', 'the job must be done by then', numberOption, 10);
}

async function specificationOf(options: SpecificationOptions): Promise<Specification> {
  return {
    graphJson: (await readInput(options.graph)).toString('utf8'),
    datasetCid: options.data,
    hyperParameters: await hyperParametersOf(options),
    deviceClass: options.device,
    deadlineMs: Math.round(options.deadline * 60_000),
  };
}

function quoteCommand(context: () => CliContext): Command {
  return withSpecification(new Command('quote').description('what a job would cost at most')).action((options: SpecificationOptions) =>
    withClient(context(), async (client) => {
      const quote = await client.quote(await specificationOf(options));
      context().print(quote, [
        `${formatCyxwiz(quote.amountBase)} CYXWIZ at most: ${formatCyxwiz(quote.nodeBase)} to the node, ${formatCyxwiz(quote.platformBase)} to the platform`,
        `about ${Math.round(quote.estimatedDurationMs / 1000)} s on one of ${quote.capableNodes} node(s); good until ${quote.expiresAt.toISOString()}`,
      ]);
    }),
  );
}

function submitCommand(context: () => CliContext): Command {
  return withSpecification(new Command('submit').description('submit a job: its tokens are locked in an escrow'))
    .requiredOption('--budget <cyxwiz>', 'the most that may be locked')
    .option('--request-id <id>', 'repeat it to get the same job', randomUUID())
    .option('-f, --follow', 'follow the job to its end', false)
    .action((options: SpecificationOptions & { budget: string; requestId: string; follow: boolean }) =>
      withClient(context(), async (client) => {
        const specification = await specificationOf(options);
        const quote = await client.quote(specification);
        const submitted = await client.submit({
          requestId: options.requestId,
          quoteId: quote.quoteId,
          specification,
          budgetBase: parseCyxwiz(options.budget),
        });
        if (!options.follow) return context().print({ ...submitted, quote }, [submitted.jobId]);
        context().emit({ ...submitted, quote }, submitted.jobId);
        // A script that waits for its model wants to know by the exit code whether there is one.
        if ((await follow(context(), client.follow(submitted.jobId))) !== 'COMPLETED') process.exitCode = 1;
      }),
    );
}

function listCommand(context: () => CliContext): Command {
  return new Command('list')
    .description('your jobs, newest first')
    .option('--state <state>')
    .option('--page-size <n>', '', numberOption, 20)
    .option('--page-token <token>', '', '')
    .action((options: { state?: string; pageSize: number; pageToken: string }) =>
      withClient(context(), async (client) => {
        const page = await client.list({
          pageSize: options.pageSize,
          pageToken: options.pageToken,
          ...(options.state === undefined ? {} : { state: stateOf(options.state) }),
        });
        const more = page.nextPageToken === '' ? [] : [`more: --page-token ${page.nextPageToken}`];
        context().print(page, [...page.jobs.map(line), ...more]);
      }),
    );
}

function stateOf(text: string): JobState {
  const state = JOB_STATES.find((candidate) => candidate === text.toUpperCase());
  if (state === undefined) throw new CyxError('INVALID_INPUT', `"${text}" is no job state: ${JOB_STATES.join(', ')}`);
  return state;
}

function line(job: Job): string {
  return `${job.jobId}  ${job.state.padEnd(9)}  ${formatCyxwiz(job.amountBase)} CYXWIZ  ${job.createdAt.toISOString()}  ${job.waitingFor}`;
}

function showCommand(context: () => CliContext): Command {
  return new Command('show')
    .description('one job: where it is, and where its money is')
    .argument('<job>')
    .action((jobId: string) =>
      withClient(context(), async (client) => {
        const job = await client.status(jobId);
        context().print(job, [
          line(job),
          ...(job.endMessage === null ? [] : [job.endMessage]),
          ...job.states.map((change) => `  ${change.at.toISOString()}  ${change.state}`),
          ...job.transfers.map((transfer) => `  ${formatCyxwiz(transfer.amountBase)} CYXWIZ ${transfer.purpose}: ${transfer.from} → ${transfer.to}  ${transfer.signature}`),
          ...(job.testAccuracy === null ? [] : [`  accuracy on held-out data ${(job.testAccuracy * 100).toFixed(2)} %`]),
        ]);
      }),
    );
}

function logsCommand(context: () => CliContext): Command {
  return new Command('logs')
    .description('what happened to a job')
    .argument('<job>')
    .option('-f, --follow', 'go on until the job ends', false)
    .action((jobId: string, options: { follow: boolean }) =>
      withClient(context(), async (client) => {
        if (options.follow) return void (await follow(context(), client.follow(jobId)));
        await client.status(jobId); // a job that is not there is said to be so at once
        const stop = new AbortController();
        const askedAtMs = Date.now();
        // What has happened already arrives in one go, so a pause means that from here on it would be waiting.
        let pause = setTimeout(() => stop.abort(), FIRST_UPDATE_WITHIN_MS);
        const untilPause = (update: JobUpdate): void => {
          // A job in the middle of its training never pauses: what is newer than the question ends the answer too.
          if (update.at.getTime() > askedAtMs) stop.abort();
          clearTimeout(pause);
          pause = setTimeout(() => stop.abort(), PAUSE_MS);
        };
        try {
          await follow(context(), client.follow(jobId, { signal: stop.signal }), untilPause);
        } catch (error) {
          if (!stop.signal.aborted) throw error;
        } finally {
          clearTimeout(pause);
        }
      }),
    );
}

/** Prints updates as they come. Returns the last state. */
async function follow(context: CliContext, updates: AsyncIterable<JobUpdate>, onUpdate: (update: JobUpdate) => void = () => undefined): Promise<JobState | undefined> {
  let state: JobState | undefined;
  for await (const update of updates) {
    onUpdate(update);
    if (update.kind === 'state') state = update.state;
    context.emit(update, `${update.at.toISOString()}  ${words(update)}`);
  }
  return state;
}

function words(update: JobUpdate): string {
  switch (update.kind) {
    case 'state':
      return update.state;
    case 'log':
      return update.line;
    case 'transfer':
      return `${formatCyxwiz(update.transfer.amountBase)} CYXWIZ ${update.transfer.purpose}  ${update.transfer.signature}`;
    case 'progress': {
      const { epoch, epochs, step, steps, loss, accuracy } = update.progress;
      return `epoch ${epoch}/${epochs}  step ${step}/${steps}  loss ${loss.toFixed(4)}  accuracy ${(accuracy * 100).toFixed(1)} %`;
    }
  }
}

function cancelCommand(context: () => CliContext): Command {
  return new Command('cancel')
    .description('cancel a job; its whole escrow comes back')
    .argument('<job>')
    .action((jobId: string) =>
      withClient(context(), async (client) => {
        const { state } = await client.cancel(jobId);
        context().print({ jobId, state }, [`${jobId} is being cancelled (it was ${state}); the escrow goes back to your wallet`]);
      }),
    );
}
