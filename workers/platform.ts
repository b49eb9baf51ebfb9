import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { bootstrapLocalnet } from '#activities/platform/chain/bootstrap';
import { createChain, type Chain } from '#activities/platform/chain/chain';
import { loadKeypair } from '#activities/platform/chain/keypair';
import { createAccountDeletionActivities } from '#activities/platform/account-deletion';
import { beat } from '#activities/node/heartbeats';
import { beating } from '#activities/platform/heartbeats';
import { createEscrowActivities } from '#activities/platform/escrow/activities';
import { createJobActivities } from '#activities/platform/jobs';
import { createNodeRegistrationActivities } from '#activities/platform/node-registration';
import { sweepSilentNodes, sweepUnsubmittedJobs, writeChainHeartbeats } from '#activities/platform/node-sweep';
import { createOnboardingActivities } from '#activities/platform/onboarding';
import { createStakeTopUpActivities } from '#activities/platform/stake/top-up';
import { createUnstakingActivities } from '#activities/platform/stake/unstaking';
import { createReceiptActivities, createReceiptSweep } from '#activities/platform/receipt';
import { createDrawActivities } from '#activities/platform/verification/draw';
import { createOpinionBook } from '#activities/platform/verification/opinions';
import { createOutbox } from '#api/auth/mail';
import { type Config, parseConfig } from '#core/config/config';
import { parseCyxwiz } from '#core/money/amount';
import { connectMongo, type Mongo } from '#db/mongo/connect';
import { closeAccount, forgetPerson, reopenAccount } from '#db/mongo/personal-data';
import { countModel, setUserWallet } from '#db/mongo/users';
import { BEAT_MS, recordBeat } from '#db/postgres/beats';
import { connectPostgres, migrate, type Postgres } from '#db/postgres/connect';
import { forgetOldRequests } from '#db/postgres/idempotent-requests';
import { createLocalKms } from '#db/secrets/kms';
import { createTemporalClient } from '#temporal/client/connect';
import { makeCurrentVersion } from '#temporal/client/worker-version';
import { PLATFORM_QUEUE } from '#temporal/contract/queues';
import { announceNodes } from './node-announcer.ts';
import { buildIdOf, connectWorker, dataConverterOf, deploymentOf, installRuntime, logError, readKmsKey, ready, runProcess } from './process.ts';

/** What a new user gets on a localnet, where tokens are worth nothing. */
const WELCOME_CREDIT = '1000';
/** Made by set-up from `workflows/`: what runs is what was tested and replayed. */
const WORKFLOW_BUNDLE = fileURLToPath(new URL('../.cyxwiz/workflow-bundle.js', import.meta.url));
const SWEEP_MS = 10_000;

/** The platform's own worker: every workflow, and the activities that touch database and chain. */
runProcess('platform', async (stopped) => {
  installRuntime();
  const config = parseConfig(process.env);
  const authority = loadKeypair(join(config.keysDir, 'platform-authority.json'));
  const faucet = config.embedded.solana ? loadKeypair(join(config.keysDir, 'faucet.json')) : null;
  const postgres = connectPostgres({ url: config.databaseUrl, onError: (error) => logError('postgres', error) });
  const mongo = await connectMongo({ uri: config.mongodbUri });
  await migrate(postgres);
  const chain = createChain({ rpcUrl: config.solanaRpcUrl, wsUrl: config.solanaWsUrl, authority });
  if (faucet !== null) await bootstrapLocalnet(chain.connection, { authority, faucet });

  const connection = await connectWorker(config.temporal);
  const { namespace, workerVersioning } = config.temporal;
  const buildId = buildIdOf(WORKFLOW_BUNDLE);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: PLATFORM_QUEUE,
    dataConverter: dataConverterOf(config),
    ...(workerVersioning ? { workerDeploymentOptions: deploymentOf(buildId) } : {}),
    workflowBundle: { codePath: WORKFLOW_BUNDLE },
    activities: activitiesOf(config, { postgres, mongo, chain, faucet }),
    shutdownGraceTime: '5 s',
    maxCachedWorkflows: 500,
  });
  const temporal = await createTemporalClient(config.temporal);
  const sweeping = Promise.all([sweep({ postgres, chain, chainHeartbeatMs: config.chainHeartbeatMs }, stopped), announce(postgres, temporal, stopped)]);
  const startedAt = new Date();
  const stopBeating = beat('worker beat', BEAT_MS, () => recordBeat(postgres.db, 'worker', startedAt), { warn: (fields, what) => logError(what, 'err' in fields ? fields.err : fields) });
  const running = worker.run();
  // A stop may have come while all of this was being put together.
  if (stopped.aborted) worker.shutdown();
  else stopped.addEventListener('abort', () => worker.shutdown());
  // Once it polls, so that there is no moment in which nobody takes what the new build is now to do.
  if (workerVersioning) await makeCurrentVersion(connection, { namespace, buildId });
  ready('platform', { taskQueue: PLATFORM_QUEUE, buildId });
  await running;
  stopBeating();
  await sweeping;
  await Promise.all([connection.close(), temporal.connection.close()]);
  await Promise.all([postgres.close(), mongo.close()]);
});

interface Parts {
  readonly postgres: Postgres;
  readonly mongo: Mongo;
  readonly chain: Chain;
  readonly faucet: ReturnType<typeof loadKeypair> | null;
}

/** Kept mail goes first: its address is known from the account. It may be of before a mail server was named. */
async function forget({ home }: Config, mongo: Mongo, userId: string): Promise<void> {
  const user = await mongo.users.findOne({ _id: userId }, { projection: { email: 1 } });
  await createOutbox(join(home, 'outbox')).forget({ userId, email: user?.email });
  await forgetPerson(mongo, userId);
}

function activitiesOf(config: Config, { postgres, mongo, chain, faucet }: Parts): object {
  const deps = { db: postgres.db, kms: createLocalKms(readKmsKey(config)), chain };
  return {
    ...createJobActivities({ db: postgres.db, countModel: (userId, jobId) => countModel(mongo, userId, jobId) }),
    ...createOpinionBook(deps),
    ...createAccountDeletionActivities({
      ...deps,
      accounts: { close: (id) => closeAccount(mongo, id), reopen: (id) => reopenAccount(mongo, id), forget: (id) => forget(config, mongo, id) },
    }),
    ...createReceiptActivities(deps),
    ...beating(createEscrowActivities(deps)),
    ...beating(createDrawActivities(deps)),
    ...beating(createNodeRegistrationActivities(deps)),
    ...beating(createUnstakingActivities(deps)),
    ...beating(createStakeTopUpActivities(deps)),
    ...beating(
      createOnboardingActivities({
        ...deps,
        welcome: faucet === null ? null : { faucet, amountBase: parseCyxwiz(WELCOME_CREDIT) },
        attachWallet: (userId, address) => setUserWallet(mongo, userId, address),
        hasMachine: async (userId) => (await mongo.machines.findOne({ ownerId: userId })) !== null,
      }),
    ),
  };
}

/** Silence becomes OFFLINE, and heard nodes get their on-chain heartbeat; a failed round is made up for by the next. */
async function sweep({ postgres, chain, chainHeartbeatMs }: Pick<Parts, 'postgres' | 'chain'> & Pick<Config, 'chainHeartbeatMs'>, stopped: AbortSignal): Promise<void> {
  let heardSince = new Date();
  const writeMissingReceipts = createReceiptSweep({ db: postgres.db, chain }, { onGivenUp: (jobId, error) => logError(`receipt of job ${jobId}`, error) });
  while (!stopped.aborted) {
    await delay(SWEEP_MS, undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) return;
    const now = new Date();
    try {
      await sweepSilentNodes(postgres.db, now);
      await sweepUnsubmittedJobs(postgres.db);
      await writeMissingReceipts();
      await forgetOldRequests(postgres.db);
      if (now.getTime() - heardSince.getTime() < chainHeartbeatMs) continue;
      await writeChainHeartbeats(postgres.db, chain, heardSince);
      heardSince = now;
    } catch (error) {
      logError('node sweep', error);
    }
  }
}

/** What changed is told to the nodes' workflows. Beside the sweep, which must not wait for a Temporal that does not answer. */
async function announce({ db }: Postgres, temporal: Client, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    await delay(SWEEP_MS, undefined, { signal: stopped }).catch(() => undefined);
    await announceNodes(db, temporal, { stopped, onFailure: (nodeId, error) => logError(`state of node ${nodeId}`, error) }).catch((error: unknown) => logError('node reports', error));
  }
}
