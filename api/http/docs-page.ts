import { html } from 'hono/html';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { HttpEnv } from './context.ts';
import { PAGE_COLOURS } from './page-colours.ts';

type Document = ReturnType<OpenAPIHono<HttpEnv>['getOpenAPI31Document']>;
type Operation = NonNullable<NonNullable<NonNullable<Document['paths']>[string]>['get']>;
type Html = ReturnType<typeof html>;

/** The page has no script at all, so nothing that it shows can become one. */
export const DOCS_POLICY = "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const STYLE = html`<style>
${PAGE_COLOURS}
  :root { font: 16px/1.5 system-ui, sans-serif; }
  main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; }
  summary { cursor: pointer; padding: 0.4rem 0; }
  code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
  pre { overflow-x: auto; padding: 0.75rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 0.5rem; }
  h3 { margin: 0.75rem 0 0; font-size: 0.9rem; }
</style>`;

/** The OpenAPI description as a page for people. */
export function docsPage(document: Document): Html {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] === undefined ? [] : [operationHtml(method, path, item[method])])),
  );
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title} API</title>
        ${STYLE}
      </head>
      <body>
        <main>
          <h1>${document.info.title} API</h1>
          <p>${document.info.description ?? ''}</p>
          <p>For programs: <a href="/api/openapi.json">OpenAPI ${document.openapi}</a>.</p>
          ${operations}
        </main>
      </body>
    </html>`;
}

function operationHtml(method: string, path: string, operation: Operation): Html {
  const body = operation.requestBody === undefined || !('content' in operation.requestBody) ? undefined : operation.requestBody.content;
  return html`<details>
    <summary><code>${method.toUpperCase()} ${path}</code> ${operation.summary ?? ''}</summary>
    ${operation.security === undefined ? '' : html`<p>Needs a login: <code>Authorization: Bearer …</code></p>`}
    ${section('Parameters', operation.parameters)} ${section('Body', body)} ${section('Answers', operation.responses)}
  </details>`;
}

function section(name: string, value: unknown): Html | '' {
  return value === undefined ? '' : html`<h3>${name}</h3><pre tabindex="0">${JSON.stringify(value, null, 2)}</pre>`;
}
