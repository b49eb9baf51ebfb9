import { json } from '@remix-run/node';
import type { PageProblem } from '../lib/errors.server.ts';

export function loader() {
  const problem: PageProblem = { code: 'NOT_FOUND', title: 'Not found', message: 'There is no page at this address.' };
  throw json(problem, { status: 404 });
}

/** Never rendered: the loader always answers with the error page. */
export default function NotFound() {
  return null;
}
