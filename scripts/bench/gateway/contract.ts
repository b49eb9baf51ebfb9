/** What the bench's workflow and its workers share. */
export const BENCH_QUEUE = 'gateway-bench';
/** Polled through the gateway: the queue of a node of this name. */
export const BENCH_NODE = 'gateway-bench-node';
/** Polled by a worker that is connected to Temporal itself. */
export const DIRECT_QUEUE = 'gateway-bench-direct';

/** No worker polls it: its task is the bench's own. */
export const SINGLE_CALLS_QUEUE = 'gateway-bench-single-calls';

export interface BenchActivities {
  nothing(input: { readonly jobId: string }): Promise<{ readonly done: true }>;
}

export interface RoundTripsInput {
  readonly taskQueue: string;
  /** One after the other. */
  readonly activities: number;
}
