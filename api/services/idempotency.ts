import { createHash, createHmac, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { CyxError } from '#core/errors/cyx-error';
import { claimRequest, giveBackRequest, keepAnswer, type RequestClaim } from '#db/postgres/idempotent-requests';
import type { ServiceDeps } from './deps.ts';

/** Less than clients wait for an answer. */
const WAIT_MS = 20_000;
const LOOK_EVERY_MS = 50;

const answerSchema = z.object({ status: z.int(), contentType: z.string(), body: z.string() });
export type KeptAnswer = z.output<typeof answerSchema>;

export interface IdempotentRequest {
  /** Who asks. A key of theirs is nobody else's. */
  readonly scope: string;
  readonly key: string;
  /** What is asked for: the same key may not come with anything else. */
  readonly fingerprint: string;
}

export interface IdempotencyServices {
  /**
   * Runs what the request asks for, or gives the answer that it got when it came before. Who comes while the first is
   * under way waits for it. `run` gives null where nothing was made: then the key is free again.
   * @returns null where `run` ran here, so that its own answer goes out.
   * @throws CyxError ALREADY_EXISTS where the key came with another request, CONFLICT where the first takes too long.
   */
  once(request: IdempotentRequest, run: () => Promise<KeptAnswer | null>): Promise<KeptAnswer | null>;
}

/**
 * Answers are kept wrapped by the KMS, all of them: some carry an API key or a token, and who steals the database must
 * not find what is stored as a hash everywhere else. They are kept at all because a lost answer with a key that is shown
 * once is just what a repeat is for. The key itself is part of what the wrapping is bound to, and only its hash is stored.
 * Bodies with a password are hashed under the key, which is nowhere: without it the hash is no way to guess one quickly.
 */
export function createIdempotency({ postgres: { db }, kms }: Pick<ServiceDeps, 'postgres' | 'kms'>): IdempotencyServices {
  const boundTo = ({ scope, key }: IdempotentRequest): string => `${scope}/${key}`;
  return {
    once: async (request, run) => {
      const claim: RequestClaim = { scope: request.scope, keyHash: sha256(request.key), requestHash: createHmac('sha256', request.key).update(request.fingerprint).digest('hex'), claimId: randomUUID() };
      for (const giveUpAtMs = performance.now() + WAIT_MS; ; await delay(LOOK_EVERY_MS)) {
        const known = await claimRequest(db, claim);
        if (known === null) {
          await runFor(claim, request, run);
          return null;
        }
        if (known.requestHash !== claim.requestHash) throw otherRequest();
        if (known.answerWrapped !== null) return open(await kms.unwrap(known.answerWrapped, 'answer', boundTo(request)));
        if (performance.now() > giveUpAtMs) {
          throw new CyxError('CONFLICT', 'The first request with this Idempotency-Key is still under way. Send it again in a moment.', { facts: { retryAfterSeconds: '5' } });
        }
      }
    },
  };

  async function runFor(claim: RequestClaim, request: IdempotentRequest, run: () => Promise<KeptAnswer | null>): Promise<void> {
    let answer: KeptAnswer | null = null;
    try {
      answer = await run();
    } finally {
      if (answer === null) await giveBackRequest(db, claim);
    }
    if (answer !== null) await keepAnswer(db, claim, await kms.wrap(Buffer.from(JSON.stringify(answer)), 'answer', boundTo(request)));
  }
}

function open(bytes: Uint8Array): KeptAnswer {
  return answerSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
}

function otherRequest(): CyxError {
  return new CyxError('ALREADY_EXISTS', 'This Idempotency-Key came with another request before. Use a new key for every new request, and the same one only to repeat it.', {
    fields: [{ path: 'Idempotency-Key', message: 'belongs to another request' }],
  });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
