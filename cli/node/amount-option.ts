import { InvalidArgumentError } from 'commander';
import { parseCyxwiz } from '#core/money/amount';

/** A wrong amount is a wrong command line. */
export function amountOption(text: string): string {
  try {
    if (parseCyxwiz(text) > 0n) return text;
  } catch {
    // Falls through: it is no amount, and nought is none that somebody could be paid.
  }
  throw new InvalidArgumentError('It must be an amount of CYXWIZ above 0, such as 300 or 0.5.');
}
