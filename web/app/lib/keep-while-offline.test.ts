import { describe, expect, it } from 'vitest';
import { isUnanswered, keepWhileOffline } from './keep-while-offline.ts';

const unanswered = new TypeError('Failed to fetch');

function ask(url: string, answer: () => unknown) {
  return { request: new Request(url), serverLoader: async <T>() => answer() as T };
}

function failing(error: unknown) {
  return (): never => {
    throw error;
  };
}

describe('keepWhileOffline', () => {
  it('shows the page’s last data while nobody answers, and the new data afterwards', async () => {
    const load = keepWhileOffline(() => 0);
    const url = 'http://x/jobs';
    expect(await load(ask(url, () => 'first') as never)).toBe('first');
    expect(await load(ask(url, failing(unanswered)) as never)).toBe('first');
    expect(await load(ask(url, () => 'second') as never)).toBe('second');
    expect(await load(ask(url, failing(unanswered)) as never)).toBe('second');
  });

  it('does not show one page’s data on another, nor hide what was answered', async () => {
    const load = keepWhileOffline(() => 0);
    await load(ask('http://x/jobs/1', () => 'one'));
    await expect(load(ask('http://x/jobs/2', failing(unanswered)) as never)).rejects.toBe(unanswered);
    const refused = new Response(null, { status: 404 });
    await expect(load(ask('http://x/jobs/1', failing(refused)) as never)).rejects.toBe(refused);
  });
});

describe('isUnanswered', () => {
  it.each(['Failed to fetch', 'NetworkError when attempting to fetch resource.', 'Load failed'])('knows %s', (text) => {
    expect(isUnanswered(new TypeError(text))).toBe(true);
  });

  it('leaves bugs alone', () => {
    expect(isUnanswered(new TypeError('x is not a function'))).toBe(false);
    expect(isUnanswered(new Error('Failed to fetch'))).toBe(false);
  });
});
