export type Subscription = 'free' | 'pro';

interface SubscriptionSpec {
  readonly title: string;
  /** Jobs that have been submitted and have not ended. */
  readonly maxOpenJobs: number;
  /** Of one's datasets, as they lie in CyxCloud: encrypted, both parts. */
  readonly maxStoredBytes: number;
  /** Calls of the API in a minute, by the person and all their API keys together. */
  readonly requestsPerMinute: number;
}

const GIB = 1024 ** 3;

/** What a subscription allows. */
export const SUBSCRIPTIONS: Readonly<Record<Subscription, SubscriptionSpec>> = {
  free: { title: 'Free', maxOpenJobs: 32, maxStoredBytes: 10 * GIB, requestsPerMinute: 1_200 },
  pro: { title: 'Pro', maxOpenJobs: 500, maxStoredBytes: 1_000 * GIB, requestsPerMinute: 12_000 },
};
