import { resolve } from 'node:path';
import type { ProvisionOptions } from '#activities/node/provision';
import type { NodeConfig } from '#activities/node/node-config';
import { createPlatformClient, type PlatformClient } from '#activities/node/platform-client';
import { reportedError } from '#api/client/grpc-call';
import { clientAddress, type Config } from '#core/config/config';


/** Where a Server Node reaches the platform that this configuration names. */
export function platformUrls(platform: Config): ProvisionOptions['urls'] {
  const { grpc, gateway, web } = platform.publicUrls;
  return {
    apiUrl: web,
    grpcUrl: clientAddress(grpc, platform),
    gatewayUrl: clientAddress(gateway, platform),
    storageUrl: platform.storageUrl,
    namespace: platform.temporal.namespace,
    ...(platform.listenerTls === undefined ? {} : { caFile: resolve(platform.listenerTls.certFile) }),
  };
}

export function platformClientOf({ grpcUrl, caFile }: Pick<NodeConfig, 'grpcUrl' | 'caFile'>): PlatformClient {
  return createPlatformClient({ grpcUrl, reportedError, ...(caFile === undefined ? {} : { caFile }) });
}
