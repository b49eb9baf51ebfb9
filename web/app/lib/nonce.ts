import { createContext, useContext } from 'react';

/** Set on the server only: browsers hide the attribute from scripts, so hydration has nothing to compare. */
export const NonceContext = createContext<string | undefined>(undefined);

export function useNonce(): string | undefined {
  return useContext(NonceContext);
}
