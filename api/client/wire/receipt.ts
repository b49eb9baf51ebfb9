/** Of a receipt: JSON lines. */
export const RECEIPT_MEDIA_TYPE = 'application/jsonl';

/** What a receipt is called where it is kept as a file. */
export function receiptFileName(jobId: string): string {
  return `receipt-${jobId}.jsonl`;
}
