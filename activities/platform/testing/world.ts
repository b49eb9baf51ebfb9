import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#core/config/config';
import { parseCyxwiz } from '#core/money/amount';
import { connectPostgres, migrate, type Postgres } from '#db/postgres/connect';
import { insertJob } from '#db/postgres/jobs';
import { measuredAs } from '#core/hardware/challenge/testing/measured';
import { upsertNode } from '#db/postgres/nodes';
import { createLocalKms, type Kms } from '#db/secrets/kms';
import { bootstrapLocalnet } from '../chain/bootstrap.ts';
import { createChain, type Chain } from '../chain/chain.ts';
import { loadKeypair } from '../chain/keypair.ts';
import { createNodeRegistrationActivities } from '../node-registration.ts';
import { createOnboardingActivities } from '../onboarding.ts';

const SOME_GRAPH = JSON.parse(readFileSync(new URL('../../../examples/graphs/digits-cnn.json', import.meta.url), 'utf8')) as unknown;

/** For tests: users, nodes and jobs on a real database and a real localnet. */
export interface World {
  readonly postgres: Postgres;
  readonly chain: Chain;
  readonly kms: Kms;
  /** A user with a managed wallet and its welcome credit. */
  newUser(creditCyxwiz?: string): Promise<{ userId: string; address: string }>;
  /** A registered, ACTIVE node with a stake of 100 CYXWIZ. */
  newNode(ownerId?: string): Promise<{ nodeId: string; ownerId: string; ownerAddress: string; account: string }>;
  /** A job's row as `submit` writes it. */
  newJob(user: { userId: string; address: string }, options?: { amount?: string; deadlineMs?: number; now?: number }): Promise<string>;
  close(): Promise<void>;
}

export async function createWorld(config: Config): Promise<World> {
  const postgres = connectPostgres({ url: config.databaseUrl, onError: () => undefined });
  await migrate(postgres);
  const authority = loadKeypair(join(config.keysDir, 'platform-authority.json'));
  const faucet = loadKeypair(join(config.keysDir, 'faucet.json'));
  const chain = createChain({ rpcUrl: config.solanaRpcUrl, wsUrl: config.solanaWsUrl, authority });
  await bootstrapLocalnet(chain.connection, { authority, faucet });
  const kms = createLocalKms(randomBytes(32));
  const deps = { db: postgres.db, kms, chain };

  const newUser: World['newUser'] = async (creditCyxwiz = '1000') => {
    const onboarding = createOnboardingActivities({
      ...deps,
      welcome: { faucet, amountBase: parseCyxwiz(creditCyxwiz) },
      attachWallet: async () => undefined,
      hasMachine: async () => false,
    });
    const userId = randomUUID();
    const { address } = await onboarding.createWallet({ userId });
    await onboarding.grantWelcomeCredit({ userId });
    return { userId, address };
  };
  return {
    postgres,
    chain,
    kms,
    newUser,
    newNode: async (ownerId) => {
      const owner = await newUser();
      const nodeId = randomUUID();
      const ownerOfNode = ownerId ?? owner.userId;
      await upsertNode(postgres.db, {
        id: nodeId,
        ownerId: ownerOfNode,
        machineId: `machine-${nodeId.slice(0, 8)}`,
        ownerAddress: owner.address,
        deviceClass: 'cpu',
        deviceName: 'test processor',
        measured: measuredAs('cpu'),
        state: 'UNREGISTERED',
        pricePerHourBase: parseCyxwiz('300'),
      });
      const registration = createNodeRegistrationActivities(deps);
      const stakeBase = parseCyxwiz('100').toString();
      const registered = await registration.stakeAndRegister({ nodeId, stakeBase });
      await registration.activateNode({ nodeId, ...registered });
      return { nodeId, ownerId: ownerOfNode, ownerAddress: owner.address, account: registered.account };
    },
    newJob: async (user, { amount = '50', deadlineMs = 600_000, now = Date.now() } = {}) => {
      const id = randomUUID();
      await insertJob(postgres.db, {
        id,
        userId: user.userId,
        requestId: randomUUID(),
        workflowId: `job-${id}`,
        graphJson: JSON.stringify(SOME_GRAPH),
        datasetCid: 'bafybeitest',
        hyperParameters: { epochs: 1, batchSize: 8, learningRate: 0.01, optimizer: 'sgd', seed: 1 },
        deviceClass: 'cpu',
        deadlineMs,
        quoteId: randomUUID(),
        specificationHash: randomBytes(32).toString('hex'),
        amountBase: parseCyxwiz(amount),
        pricePerHourBase: parseCyxwiz('300'),
        requesterAddress: user.address,
        modelKeyWrapped: await kms.wrap(randomBytes(32), 'model-key', id),
        deadlineAt: new Date(now + deadlineMs),
      });
      return id;
    },
    close: () => postgres.close(),
  };
}
