import type { Verdict } from '#activities/platform/contract';

/** Input of `verificationWorkflow`, workflow id `verify-<jobId>-<attempt>`: a child of the job. */
export interface VerificationInput {
  readonly jobId: string;
  readonly attempt: number;
  readonly deviceClass: string;
}

/** `none`: nobody could or would judge, so nobody is judged, and nobody is paid. */
export type VerificationResult = (Verdict & { readonly kind: 'verdict' }) | { readonly kind: 'none'; readonly reason: string };
