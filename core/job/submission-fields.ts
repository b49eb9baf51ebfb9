import { z } from 'zod';
import { storableText } from '../input/text.ts';

/** How long a job may take altogether, in milliseconds. */
export const deadlineField = z.int().min(60_000, 'must be at least 60000 (a minute)').max(604_800_000, 'must be at most 604800000 (seven days)');

/** What its sender calls a submission: one id of one user is one job, for ever. */
export const requestIdField = storableText(200).min(1, 'must not be empty');
