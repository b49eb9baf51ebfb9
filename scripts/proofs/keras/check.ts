/** What one part of the proof found. */
export interface Check {
  readonly name: string;
  /** What was compared with what. */
  readonly what: string;
  readonly cases: number;
  /** The worst of them, as it is compared with `limit`. */
  readonly worst: number;
  readonly worstCase: string;
  readonly limit: number;
  /** Cases beyond the limit, the first few by name. */
  readonly failures: readonly string[];
  readonly ok: boolean;
}

const NAMED_FAILURES = 20;

/** Gathers cases of one check. */
export class Tally {
  readonly #about: { readonly name: string; readonly what: string; readonly limit: number };
  readonly #failures: string[] = [];
  #failed = 0;
  #cases = 0;
  #worst = Number.NEGATIVE_INFINITY;
  #worstCase = '';

  constructor(name: string, what: string, limit: number) {
    this.#about = { name, what, limit };
  }

  add(name: string, value: number): void {
    this.#cases += 1;
    if (value > this.#worst || Number.isNaN(value)) [this.#worst, this.#worstCase] = [value, name];
    if (!(value <= this.#about.limit)) this.#fail(`${name}: ${value.toPrecision(3)}`);
  }

  /** A case that could not even be compared. */
  failed(name: string, error: unknown): void {
    this.#cases += 1;
    [this.#worst, this.#worstCase] = [Number.POSITIVE_INFINITY, name];
    this.#fail(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }

  /** Runs one case; where it throws, that is its failure and the others go on. */
  async case(name: string, measure: () => Promise<number>): Promise<void> {
    try {
      this.add(name, await measure());
    } catch (error) {
      this.failed(name, error);
    }
  }

  check(): Check {
    return { ...this.#about, cases: this.#cases, worst: this.#worst, worstCase: this.#worstCase, failures: this.#failures, ok: this.#failed === 0 && this.#cases > 0 };
  }

  #fail(line: string): void {
    this.#failed += 1;
    if (this.#failures.length < NAMED_FAILURES) this.#failures.push(line);
  }
}

/** Infinities as text, since JSON has none. */
export function checksJson(checks: readonly Check[]): object[] {
  return checks.map((check) => ({ ...check, worst: Number.isFinite(check.worst) ? check.worst : String(check.worst) }));
}

export function describeCheck({ name, what, cases, worst, worstCase, limit, failures, ok }: Check): string[] {
  const line = `${ok ? '✓' : '✗'} ${name}: ${cases} cases, worst ${worst.toPrecision(3)} (${worstCase}), limit ${limit}`;
  return [line, `    ${what}`, ...failures.map((failure) => `    beyond it: ${failure}`)];
}
