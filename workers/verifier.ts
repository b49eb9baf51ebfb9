import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import type { JWK } from 'jose';
import { measureHardware } from '#activities/node/hardware';
import { createVerificationActivities } from '#activities/platform/verification/activities';
import { createTokens } from '#api/auth/tokens';
import { parseConfig } from '#core/config/config';
import { CyxError } from '#core/errors/cyx-error';
import { CyxCloudClient } from '#cyxcloud/client/client';
import { connectPostgres } from '#db/postgres/connect';
import { createLocalKms } from '#db/secrets/kms';
import { networkWay } from '#engine/node/child-isolation';
import { verifierQueue } from '#temporal/contract/queues';
import { connectWorker, dataConverterOf, installRuntime, logError, readKmsKey, ready, runProcess } from './process.ts';

/** Tells the embedded stack's verifiers apart; a single one needs no name. */
const DEFAULT_ID = 'verifier';
const ID_FORM = /^[\w.-]{1,64}$/;

/** Recomputes results of one device class. Its own process, so that an evaluation never slows the platform's worker. */
runProcess('verifier', async (stopped) => {
  installRuntime();
  const config = parseConfig(process.env);
  if (networkWay() === undefined) logError('isolation', 'Results are run again with a network within reach: neither unshare nor bwrap works here');
  const verifierId = process.env['CYXWIZ_VERIFIER_ID'] ?? DEFAULT_ID;
  if (!ID_FORM.test(verifierId)) throw new CyxError('INVALID_INPUT', 'CYXWIZ_VERIFIER_ID: write up to 64 letters, digits, dots or dashes, or unset it');
  const tokens = await createTokens(JSON.parse(readFileSync(join(config.keysDir, 'jwt.json'), 'utf8')) as JWK | JWK[]);
  const cloud = new CyxCloudClient({
    baseUrl: config.storageUrl,
    token: async () => (await tokens.issueUserToken({ userId: 'platform-verifier', role: 'operator' })).token,
  });
  const postgres = connectPostgres({ url: config.databaseUrl, maxConnections: 4, onError: (error) => logError('postgres', error) });
  const connection = await connectWorker(config.temporal);
  const { instructionSet } = await measureHardware();
  // The first is of results that this very instruction set made; the other of nodes that never told theirs.
  const queues = [...new Set([verifierQueue('cpu', instructionSet), verifierQueue('cpu')])];
  // Asked to stop before it was up, it never makes a worker: one that never ran would keep the connection open.
  if (!stopped.aborted) {
    const activities = createVerificationActivities({
      db: postgres.db,
      kms: createLocalKms(readKmsKey(config)),
      cloud,
      verifierId,
      cacheDir: join(config.home, 'verifiers', verifierId),
    });
    const workers = await Promise.all(
      queues.map((taskQueue) =>
        Worker.create({
          connection,
          namespace: config.temporal.namespace,
          taskQueue,
          dataConverter: dataConverterOf(config),
          activities,
          maxConcurrentActivityTaskExecutions: 1,
          shutdownGraceTime: '10 s',
        }),
      ),
    );
    const running = Promise.all(workers.map((worker) => worker.run()));
    const shutdown = (): void => workers.forEach((worker) => worker.shutdown());
    if (stopped.aborted) shutdown();
    else {
      stopped.addEventListener('abort', shutdown);
      ready(verifierId, { queues });
    }
    await running;
  }
  await connection.close();
  await postgres.close();
});
