import type { Actor, JobSummary, Services } from '#api/services/types';
import { JOB_END_REASONS } from '#core/job/end-reason';
import { csvText } from './csv.ts';
import { amountText } from './format.ts';
import type { JobQuery } from './job-query.ts';
import { modelName } from './model-name.ts';

const PAGE_SIZE = 100;
/** So many rows are one file; whoever has more asks the API, page by page. */
const MAX_ROWS = 20_000;

const HEADER = [
  ...['job', 'created_at', 'state', 'model', 'dataset', 'dataset_cid', 'device_class', 'epochs', 'batch_size'],
  ...['amount_cyxwiz', 'amount_base', 'attempts', 'node', 'test_accuracy', 'model_cid', 'deadline_at', 'ended_at', 'end_reason'],
];

/** Every job that fits, the newest first. */
export async function jobsCsv({ jobs, datasets }: Pick<Services, 'jobs' | 'datasets'>, actor: Actor, { state, q }: JobQuery): Promise<string> {
  const names = new Map((await datasets.list(actor)).map(({ cid, name }) => [cid, name]));
  const rows: string[][] = [];
  let pageToken = '';
  do {
    const page = await jobs.list(actor, { pageSize: PAGE_SIZE, pageToken, state: state ?? undefined, q });
    rows.push(...page.items.map((job) => rowOf(job, names.get(job.specification.datasetCid) ?? '')));
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && rows.length < MAX_ROWS);
  return csvText(HEADER, rows);
}

function rowOf(job: JobSummary, dataset: string): string[] {
  const { graphJson, datasetCid, deviceClass, hyperParameters } = job.specification;
  const base = job.amountBase.toString();
  return [
    ...[job.jobId, job.createdAt.toISOString(), job.state, modelName(graphJson), dataset, datasetCid, deviceClass],
    ...[String(hyperParameters.epochs), String(hyperParameters.batchSize), amountText(base), base, String(job.attempt), job.nodeId ?? ''],
    ...[job.testAccuracy?.toString() ?? '', job.modelCid ?? '', job.deadlineAt.toISOString(), job.endedAt?.toISOString() ?? ''],
    job.endReason === null ? '' : JOB_END_REASONS[job.endReason],
  ];
}
