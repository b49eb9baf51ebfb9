/** The environment variable and default of every port the platform listens on. */
export const portVariables = {
  http: { variable: 'CYXWIZ_HTTP_PORT', fallback: 3000 },
  grpc: { variable: 'CYXWIZ_GRPC_PORT', fallback: 50051 },
  gateway: { variable: 'CYXWIZ_GATEWAY_PORT', fallback: 7234 },
  temporal: { variable: 'CYXWIZ_TEMPORAL_PORT', fallback: 7233 },
  temporalUi: { variable: 'CYXWIZ_TEMPORAL_UI_PORT', fallback: 8233 },
  solanaRpc: { variable: 'CYXWIZ_SOLANA_RPC_PORT', fallback: 8899 },
  solanaWs: { variable: 'CYXWIZ_SOLANA_WS_PORT', fallback: 8900 },
  storage: { variable: 'CYXWIZ_STORAGE_PORT', fallback: 7300 },
  postgres: { variable: 'CYXWIZ_POSTGRES_PORT', fallback: 5433 },
  mongo: { variable: 'CYXWIZ_MONGO_PORT', fallback: 27018 },
} as const;

export type PortName = keyof typeof portVariables;
