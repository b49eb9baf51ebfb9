import type { FormProblem } from './errors.server.ts';
import { textOf } from './form.ts';

/**
 * The id under which a form that failed is to be sent again: its own, since it may have gone through after all. Only
 * one that stands for something else already is given up.
 */
export function idOfTheSame(form: FormData, { code }: Pick<FormProblem, 'code'>): { requestId?: string } {
  const requestId = textOf(form, 'requestId');
  return requestId === '' || code === 'ALREADY_EXISTS' ? {} : { requestId };
}
