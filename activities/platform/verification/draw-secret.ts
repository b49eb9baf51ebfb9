import { randomBytes } from 'node:crypto';
import { CyxError } from '#core/errors/cyx-error';
import { drawHashOf } from '#core/verification/draw';
import type { AttemptKey } from '#db/postgres/attempts';
import type { Database } from '#db/postgres/database';
import { keepDrawSecret } from '#db/postgres/draws';
import type { Kms } from '#db/secrets/kms';

const SECRET_BYTES = 32;

interface SecretDeps {
  readonly db: Database;
  readonly kms: Kms;
}

/** What is committed on chain with an assignment: made and kept before that step, so that every repeat uses the same one. */
export async function drawHashFor({ db, kms }: SecretDeps, { jobId, attempt }: AttemptKey): Promise<Uint8Array> {
  const id = secretId({ jobId, attempt });
  const wrapped = await keepDrawSecret(db, { jobId, attempt }, await kms.wrap(randomBytes(SECRET_BYTES), 'draw-secret', id));
  if (wrapped === null) throw new CyxError('STATE_CONFLICT', `Attempt ${attempt} of job ${jobId} is not open`);
  return drawHashOf(await kms.unwrap(wrapped, 'draw-secret', id));
}

export function openDrawSecret({ kms }: Pick<SecretDeps, 'kms'>, key: AttemptKey, wrapped: string): Promise<Uint8Array> {
  return kms.unwrap(wrapped, 'draw-secret', secretId(key));
}

function secretId({ jobId, attempt }: AttemptKey): string {
  return `${jobId}/${attempt}`;
}
