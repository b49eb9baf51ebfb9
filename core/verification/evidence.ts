/** Why an attempt was closed against its node. Its SHA-256 is on chain with the slash; the text is in the job's log. */
export interface Evidence {
  readonly jobId: string;
  readonly attempt: number;
  readonly outcome: 'timeout' | 'invalid' | 'released';
  readonly reason: string;
  /** Seed of the verification draw as hexadecimal digits; null where it did not come to one. */
  readonly seedHex: string | null;
  /** What each verifier found: segment, expected and found hashes are in its words. */
  readonly findings: readonly { readonly verifierId: string; readonly reason: string }[];
}

/** How a job's log tells the evidence, whose text follows. */
export const EVIDENCE_LINE = 'Evidence, whose SHA-256 is on chain: ';

/** One text for equal facts: the members in this order, without blanks. */
export function evidenceText({ jobId, attempt, outcome, reason, seedHex, findings }: Evidence): string {
  const found = findings.map(({ verifierId, reason: words }) => ({ verifierId, reason: words }));
  return JSON.stringify({ format: 'cyxwiz-evidence/1', jobId, attempt, outcome, reason, seedHex, findings: found });
}
