import { z } from 'zod';

/** An environment as processes are given it. */
export type Env = Readonly<Record<string, string | undefined>>;

/** An empty or blank variable counts as not set: that is what `NAME= command` means to people. */
export const unsetOrText = z
  .string()
  .optional()
  .transform((value) => (value === undefined || value.trim() === '' ? undefined : value.trim()));

/** A TCP port; `fallback` where the variable is not set. */
export function port(fallback: number) {
  return unsetOrText
    .refine((value) => value === undefined || (/^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535), {
      message: `write a port number from 1 to 65535, or unset it for ${fallback}`,
    })
    .transform((value) => (value === undefined ? fallback : Number(value)));
}

/** A whole number within bounds; `fallback` where the variable is not set. */
export function wholeNumber({ min, max, fallback }: { min: number; max: number; fallback: number }) {
  return unsetOrText
    .refine((value) => value === undefined || (/^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max), {
      message: `write a whole number from ${min} to ${max}, or unset it for ${fallback}`,
    })
    .transform((value) => (value === undefined ? fallback : Number(value)));
}

/**
 * A URL with one of these schemes, kept as it was written. Database URLs may list several hosts, which
 * is no URL to a browser: for them only the beginning is checked.
 */
export function hasScheme(schemes: readonly string[], example: string) {
  const isWeb = schemes.some((scheme) => /^(http|ws)s?$/.test(scheme));
  return unsetOrText.refine(
    (value) => {
      if (value === undefined) return true;
      const rest = schemes.map((scheme) => `${scheme}://`).find((start) => value.startsWith(start) && value.length > start.length);
      return rest !== undefined && (!isWeb || URL.canParse(value));
    },
    { message: `write a URL such as ${example}, or unset it` },
  );
}

/** `true` or `false`; undefined where the variable is not set. */
export const flag = unsetOrText
  .refine((value) => value === undefined || ['true', 'false', '1', '0'].includes(value), {
    message: 'write true or false, or unset it',
  })
  .transform((value) => (value === undefined ? undefined : value === 'true' || value === '1'));

/** The WebSocket address that goes with a Solana RPC address: the next port where one is written out. */
export function derivedWsUrl(rpcUrl: string): string {
  const url = new URL(rpcUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  if (url.port !== '') url.port = String(Number(url.port) + 1);
  return url.toString();
}

/** The same object without the keys that are undefined. */
export function presentOnly<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** Where a gRPC server is reached: host:port, or a URL. */
export const hasAddress = unsetOrText.refine((value) => value === undefined || /^(https?:\/\/)?[^\s/:]+:\d{1,5}$/.test(value), {
  message: 'write host:port or https://host:port, or unset it',
});
