import { z } from 'zod';
import { currentPasswordField, loginNameField } from '#core/identity/account-fields';
import { amountBase } from './common.ts';

/** As the platform stores it, without what is secret: amounts as text, times in ISO 8601. */
export const exportJson = z.record(z.string(), z.unknown());
export const deletionPlanJson = z.object({
  blockers: z.array(z.string()),
  lost: z.object({
    datasets: z.int(),
    models: z.int(),
    machines: z.int(),
    api_keys: z.int(),
    wallet: z.object({ address: z.string(), balance_base: amountBase }).nullable(),
  }),
});
/** `password` is left out where the account has none. */
export const deletionBody = z.object({ username: loginNameField, password: currentPasswordField.optional() });
export const deletionJson = z.object({ workflow_id: z.string() });

/** The name of the file that an export is saved as. */
export const EXPORT_FILE_NAME = 'cyxwiz-account.json';

/** The bytes of an export. */
export function exportText(exported: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(exported, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2);
}
