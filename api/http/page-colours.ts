import { raw } from 'hono/html';

/** The website's colours, for the pages that the API serves without it. */
export const PAGE_COLOURS = raw(`:root { color-scheme: light dark; background: light-dark(#f5f4f0, #11100f); color: light-dark(#1b1916, #efece6); }
  a { color: light-dark(#ae4207, #ff9552); }`);
