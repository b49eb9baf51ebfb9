import { json } from '@remix-run/node';
import type { CyxError } from '#core/errors/cyx-error';
import { ERRORS, isErrorCode } from '#core/errors/table';

/** What an error page knows: enough to say what happened and what to do. */
export interface PageProblem {
  readonly code: string;
  readonly title: string;
  readonly message: string;
}

/**
 * Recognises a CyxError by its shape: the site's build carries its own copy of the class, so `instanceof`
 * does not hold for what the services throw.
 */
export function isCyxError(error: unknown): error is CyxError {
  return error instanceof Error && error.name === 'CyxError' && isErrorCode((error as { code?: unknown }).code);
}

/** Awaits a service call for a page; a typed error becomes the error page with its own status and text. */
export async function orErrorPage<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isCyxError(error)) throw error;
    const { http, title } = ERRORS[error.code];
    const problem: PageProblem = { code: error.code, title, message: error.message };
    throw json(problem, { status: http });
  }
}

/** A form's answer to a refused input: one text for each field, and one for what belongs to no field. */
export interface FormProblem {
  readonly message: string;
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Turns a typed error into a form's answer; anything else goes on to the error page. */
export function toFormProblem(error: unknown): { problem: FormProblem; status: number } {
  if (!isCyxError(error)) throw error;
  const [only, ...others] = error.fields;
  // A refusal about one field says in its message what to do; for bad input the message only lists the fields.
  const isBadInput = error.code === 'INVALID_INPUT' || error.code === 'UNPROCESSABLE';
  const isAboutOne = !isBadInput && only !== undefined && others.length === 0;
  const fields = isAboutOne ? { [only.path]: error.message } : Object.fromEntries(error.fields.map(({ path, message }) => [path, sentence(message)]));
  return { problem: { message: error.message, code: error.code, fields }, status: ERRORS[error.code].http };
}

/** Field messages are written to stand after the field's name; under the field they stand alone. */
function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}
