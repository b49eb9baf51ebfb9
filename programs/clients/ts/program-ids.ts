import { PublicKey } from '@solana/web3.js';

/**
 * Addresses of the three programs. The defaults belong to the localnet: the public keys of
 * `Keypair.fromSeed(sha256("cyxwiz localnet <name>"))`. A real deployment compiles its own addresses into the
 * programs (see `programs/README.md`) and publishes a build of these clients with them.
 */
export const JOB_ESCROW_PROGRAM_ID = new PublicKey('91LNqcYbWuMt5zc1BEPEs8Qaj6w7LiX9NquYBZttsmnL');
export const NODE_REGISTRY_PROGRAM_ID = new PublicKey('J6T4Ww8cWtw3DVUUuPrxWqXbVZK2agyE8pTFoRaa5vt2');
export const DATASET_REGISTRY_PROGRAM_ID = new PublicKey('H7Nh2kA8W2P52VHf3njLmw1RqngTMNuZtDfyCr32wohF');

/** Only this key may run the three `initialize` instructions: `Keypair.fromSeed(sha256("cyxwiz localnet deployer"))`. */
export const LOCALNET_DEPLOYER = new PublicKey('iwxjFotYsQ4bREcgJiqfXmTTUtn6mhpLFEDaK3Ki8Cy');

export const TOKEN_PROGRAM_ID = new PublicKey('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
export const ASSOCIATED_TOKEN_PROGRAM_ID = new PublicKey('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
