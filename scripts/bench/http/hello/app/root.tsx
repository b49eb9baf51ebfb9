import { Outlet, Scripts } from '@remix-run/react';

/** What any Remix page costs: a document, one route, the scripts' tags. */
export default function Root() {
  return (
    <html lang="en">
      <head>
        <title>Hello</title>
      </head>
      <body>
        <Outlet />
        <Scripts />
      </body>
    </html>
  );
}
