import { hash, verify } from '@node-rs/argon2';

/** Argon2id (the package's default) as OWASP's password storage guide has it: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

const PHC_START = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** With no hash (nobody of that name) it takes the same time and is false. */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
  /** Whether the hash was made with other parameters than today's. */
  isOutdated(passwordHash: string): boolean;
}

export function createPasswords(): Passwords {
  const make = (password: string): Promise<string> => hash(password, PARAMETERS);
  let decoy: Promise<string> | undefined;
  return {
    hash: make,
    verify: async (passwordHash, password) => {
      decoy ??= make('nobody has this password');
      const matches = await verify(passwordHash ?? (await decoy), password);
      return passwordHash !== null && matches;
    },
    isOutdated: (passwordHash) => !passwordHash.startsWith(PHC_START),
  };
}
