import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { z } from 'zod';
import { httpCall } from '#api/client/http-call';
import { CyxError } from '#core/errors/cyx-error';
import type { CliContext } from '../context.ts';

const problemSchema = z.object({ subject: z.string(), message: z.string() });
const reportSchema = z.object({
  ok: z.boolean(),
  checked_at: z.string(),
  accounts: z.int(),
  jobs: z.int(),
  supply_base: z.string(),
  problems: z.array(problemSchema),
  unbooked: z.array(problemSchema),
});

/** For operators: proves the ledger against the chain. Exits with 1 where anything differs. */
export function auditCommand(context: () => CliContext): Command {
  return new Command('audit').description('prove the ledger against the chain (operators)').action(async () => {
    const { config, print } = context();
    const target = { baseUrl: config.publicUrls.web, token: () => operatorToken(config.home) };
    const report = await httpCall(target, { method: 'GET', path: '/api/ops/audit' }, reportSchema);
    print(report, [
      `${report.accounts} ledger accounts and ${report.jobs} jobs compared with the chain`,
      ...report.problems.map((problem) => `${pc.red('✗')} ${problem.subject}: ${problem.message}`),
      ...report.unbooked.map((note) => `${pc.yellow('!')} ${note.subject}: ${note.message} (sent by somebody from outside)`),
      report.ok ? `${pc.green('✓')} every account holds what the ledger says` : `${report.problems.length} problem(s)`,
    ]);
    if (!report.ok) process.exitCode = 1;
  });
}

/** The platform leaves a token for its own operator in its home, readable by its user alone. */
function operatorToken(home: string): string {
  const given = process.env['CYXWIZ_OPERATOR_TOKEN'];
  if (given !== undefined) return given;
  try {
    return readFileSync(join(home, 'operator.token'), 'utf8').trim();
  } catch {
    throw new CyxError('FORBIDDEN', 'No operator token: run this where the platform runs, or set CYXWIZ_OPERATOR_TOKEN');
  }
}
