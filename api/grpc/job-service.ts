import type { JobServiceServer } from '#proto/gen/cyxwiz/job/v1/job_service';
import type { Actor, Services } from '#api/services/types';
import { serverStream, unary, type CallContext, type CallOptions } from './calls.ts';
import { jobMessage, specificationFromMessage, stateFromMessage, stateMessage, updateMessage } from './job-messages.ts';

/** Translates between messages and services; decides nothing. */
export function createJobService(services: Services, options: CallOptions): JobServiceServer {
  const actorOf = (context: CallContext): Promise<Actor> => services.tokens.verifyUserToken(context.bearer());
  return {
    getQuote: unary(options, async (request, context) => {
      const quote = await services.quotes.get(await actorOf(context), specificationFromMessage(request.specification));
      return { ...quote, estimatedDurationMs: BigInt(quote.estimatedDurationMs) };
    }),
    submitJob: unary(options, async ({ requestId, quoteId, specification, budgetBase }, context) => {
      const actor = await actorOf(context);
      const input = { requestId, quoteId, specification: specificationFromMessage(specification), budgetBase };
      const submitted = await services.jobs.submit(actor, input);
      return { ...submitted, state: stateMessage(submitted.state) };
    }),
    getJobStatus: unary(options, async ({ jobId }, context) => ({
      job: jobMessage(await services.jobs.get(await actorOf(context), jobId)),
    })),
    cancelJob: unary(options, async ({ jobId }, context) => {
      const { state } = await services.jobs.cancel(await actorOf(context), jobId);
      return { state: stateMessage(state) };
    }),
    streamJobUpdates: serverStream(options, async function* ({ jobId, afterEventId }, context) {
      const actor = await actorOf(context);
      for await (const update of services.jobs.follow(actor, jobId, afterEventId, context.signal)) yield updateMessage(update);
    }),
    listJobs: unary(options, async ({ pageSize, pageToken, state }, context) => {
      const page = { pageSize, pageToken, state: stateFromMessage(state) };
      const { items, nextPageToken } = await services.jobs.list(await actorOf(context), page);
      return { jobs: items.map(jobMessage), nextPageToken };
    }),
  };
}
