import { describe, expect, it } from 'vitest';
import { readTheme, themeCookie } from './theme.server.ts';
import { safeNext } from './viewer.server.ts';

describe('safeNext', () => {
  it.each(['/jobs', '/jobs/1?tab=money#end', '/'])('goes to %s', (path) => {
    expect(safeNext(path)).toBe(path);
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'jobs', '', '/a b', '/a\\b', null, undefined, 7])(
    'does not go to %j',
    (path) => {
      expect(safeNext(path)).toBe('/dashboard');
    },
  );
});

describe('theme cookie', () => {
  it('comes back as it was set', () => {
    expect(readTheme(`a=b; ${themeCookie('dark').split(';')[0]}`)).toBe('dark');
  });

  it.each([null, '', 'cyxwiz_theme=pink', 'xcyxwiz_theme=dark'])('falls back to the system for %j', (header) => {
    expect(readTheme(header)).toBe('system');
  });
});
