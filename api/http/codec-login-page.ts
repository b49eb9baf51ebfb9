import { html } from 'hono/html';
import { PAGE_COLOURS } from './page-colours.ts';

type Html = ReturnType<typeof html>;

/** No script, and its one form goes back to where it came from. */
export const OPERATOR_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const WORDS = {
  ask: 'Temporal Web can show what the platform has encrypted once you are logged in here as an operator.',
  refused: 'This is not the token of an operator, or it has expired. Take the one that is there now.',
  done: 'You are logged in, until this browser is closed or a day has passed.',
} as const;

/** The page on which an operator's browser gets its cookie for the codec endpoint. */
export function operatorPage(state: keyof typeof WORDS, endpoint: string): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Operator login</title>
        <style>
          ${PAGE_COLOURS}
          :root { font: 16px/1.5 system-ui, sans-serif; }
          main { max-width: 34rem; margin: 0 auto; padding: 3rem 1rem; }
          label, input, button { display: block; font: inherit; }
          input { box-sizing: border-box; width: 100%; margin: 0.25rem 0 1rem; padding: 0.5rem; }
          button { padding: 0.5rem 1rem; }
        </style>
      </head>
      <body>
        <main>
          <h1>Operator login</h1>
          <p role="status">${WORDS[state]}</p>
          ${state === 'done' ? next(endpoint) : FORM}
        </main>
      </body>
    </html>`;
}

const FORM = html`<form method="post" action="/api/codec/login">
  <label for="token">Operator token</label>
  <input id="token" name="token" type="password" autocomplete="off" required />
  <button>Log in</button>
</form>
<p>The platform leaves it in the file <code>operator.token</code> of its home (<code>.cyxwiz</code>).</p>`;

const next = (endpoint: string): Html => html`<p>Once a browser, in Temporal Web: open the codec server settings (the glasses, top right), choose “Use my browser setting”, enter this endpoint and switch on “Include cross-origin credentials”.</p>
<p><code>${endpoint}</code></p>`;
