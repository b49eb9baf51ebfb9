import { createAttempts } from '#api/auth/attempts';
import { createOneTimeSecrets } from '#api/auth/one-time';
import { createRevocations } from '#api/auth/revocations';
import { createAccounts } from './accounts.ts';
import { createCredentials } from './credentials.ts';
import { createDatasets } from './datasets.ts';
import type { ServiceDeps } from './deps.ts';
import { createEarnings } from './earnings.ts';
import { createEmailLinks } from './email-links.ts';
import { createHealth } from './health.ts';
import { createSessionServices, createTokenServices } from './identity.ts';
import { createIdempotency } from './idempotency.ts';
import { createJobs } from './jobs.ts';
import { createLoginMethods } from './login-methods.ts';
import { createMachines } from './machines.ts';
import { createModels } from './models.ts';
import { createNodes } from './nodes.ts';
import { createOperations } from './operations.ts';
import { createOnboarding } from './onboarding.ts';
import { createOauthServices } from './oauth.ts';
import { createOutboxServices } from './outbox.ts';
import { createPersonalData } from './personal-data.ts';
import { createQuotes } from './quotes.ts';
import { createReceipts } from './receipts.ts';
import { withScopes } from './scopes.ts';
import { createServerNodes } from './server-nodes.ts';
import type { Services } from './types.ts';
import { createApiKeys } from './user-keys.ts';
import { createVerifierDirectory } from './verifiers.ts';
import { createWalletLogin } from './wallet-login.ts';
import { createWalletServices } from './wallet.ts';

/** The use cases over their real parts: the only way in which an edge reads or writes anything. */
export function createServices(deps: ServiceDeps): Services {
  const attempts = createAttempts();
  const secrets = createOneTimeSecrets(deps.mongo);
  const revocations = createRevocations(deps.mongo);
  const health = createHealth(deps);
  const verifiers = createVerifierDirectory(deps.temporal);
  const email = createEmailLinks(deps, { secrets, attempts, revocations });
  return withScopes({
    accounts: createAccounts(deps, { attempts, revocations }, (user) => void email.sendVerification(user).catch(deps.mail.onFailure)),
    walletLogin: createWalletLogin(deps, secrets, attempts),
    loginMethods: createLoginMethods(deps),
    email,
    credentials: createCredentials(deps, { attempts, revocations }),
    apiKeys: createApiKeys(deps, { attempts, revocations }),
    oauth: createOauthServices(deps, secrets, attempts),
    outbox: createOutboxServices(deps),
    sessions: createSessionServices(deps, revocations),
    tokens: createTokenServices(deps, revocations),
    wallet: createWalletServices(deps),
    datasets: createDatasets(deps),
    quotes: createQuotes(deps, verifiers),
    jobs: createJobs(deps),
    models: createModels(deps),
    receipts: createReceipts(deps),
    nodes: createNodes(deps, verifiers),
    machines: createMachines(deps),
    earnings: createEarnings(deps),
    serverNodes: createServerNodes(deps, verifiers),
    onboarding: createOnboarding(deps),
    personalData: createPersonalData(deps, attempts),
    idempotency: createIdempotency(deps),
    health,
    operations: createOperations(deps, health),
  });
}
