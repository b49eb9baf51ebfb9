import { createThrottle, type Allowance, type Throttle } from './throttle.ts';

/** How often somebody may try to get in. An edge that knows the caller's address says so; the others share one. */
export interface Attempts {
  /** @throws CyxError RATE_LIMITED. */
  login(account: string, address: string | undefined): void;
  /** @throws CyxError RATE_LIMITED. */
  registration(address: string | undefined): void;
  /** Asking for something that is kept for a while. @throws CyxError RATE_LIMITED. */
  challenge(address: string | undefined): void;
  /** Mail to an address of somebody's. @throws CyxError RATE_LIMITED. */
  mail(to: string): void;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** One person at one place. */
const LOGINS_OF_PERSON: Allowance = { calls: 30, windowMs: MINUTE_MS };
/** One account, from everywhere: bounds guessing that is spread over many addresses. */
const LOGINS_OF_ACCOUNT: Allowance = { calls: 120, windowMs: MINUTE_MS };
/** One address, for all accounts: bounds trying one password on many. */
const LOGINS_OF_ADDRESS: Allowance = { calls: 120, windowMs: MINUTE_MS };
/** Each is a row in the database for some minutes. */
const CHALLENGES: Allowance = { calls: 60, windowMs: MINUTE_MS };
/** Nobody's mailbox is filled from here. */
const MAILS: Allowance = { calls: 5, windowMs: HOUR_MS };
const REGISTRATIONS: Allowance = { calls: 60, windowMs: HOUR_MS };
/** Whoever is on this machine itself, or comes through a proxy on it, is many people, or its owner. */
export const LOOPBACK_FACTOR = 10;

export function createAttempts(throttle: Throttle = createThrottle()): Attempts {
  return {
    login: (account, address = '') => {
      const name = account.toLowerCase();
      throttle.take([
        [`login ${address} ${name}`, LOGINS_OF_PERSON],
        [`login * ${name}`, LOGINS_OF_ACCOUNT],
        [`login ${address} *`, at(address, LOGINS_OF_ADDRESS)],
      ]);
    },
    registration: (address = '') => throttle.take([[`register ${address}`, at(address, REGISTRATIONS)]]),
    challenge: (address = '') => throttle.take([[`challenge ${address}`, at(address, CHALLENGES)]]),
    mail: (to) => throttle.take([[`mail ${to}`, MAILS]]),
  };
}

function at(address: string, allowance: Allowance): Allowance {
  return isLoopback(address) ? { ...allowance, calls: allowance.calls * LOOPBACK_FACTOR } : allowance;
}

/** Whether the caller is on this machine, or comes through a proxy on it. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
